package emulator

import (
	"context"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen/control"
)

// GetProfile returns the cloud and the assumptions.
func (a *controlAPI) GetProfile(context.Context, control.GetProfileRequestObject) (control.GetProfileResponseObject, error) {
	return control.GetProfile200JSONResponse{ProfileJSONResponse: a.profile()}, nil
}

// SetProfile sets the cloud and the assumptions.
func (a *controlAPI) SetProfile(_ context.Context, request control.SetProfileRequestObject) (control.SetProfileResponseObject, error) {
	cloud, assumptions := Cloud(request.Body.Cloud), assumptionsOf(request.Body.Assumptions)
	if err := checkProfile(cloud, assumptions); err != nil {
		return nil, envelope.BadRequest("%v", err)
	}
	if err := a.e.SetProfile(cloud, assumptions); err != nil {
		return nil, err
	}
	return control.SetProfile200JSONResponse{ProfileJSONResponse: a.profile()}, nil
}

func (a *controlAPI) profile() control.ProfileJSONResponse {
	p := a.e.service.CurrentProfile()
	return control.ProfileJSONResponse{Cloud: control.ProfileCloud(p.Cloud), Assumptions: controlAssumptions(p.Assumptions)}
}

func controlAssumptions(a service.Assumptions) control.Assumptions {
	return control.Assumptions{
		CallErrors: control.AssumptionsCallErrors(a.CallErrors), NotReadyStatus: a.NotReadyStatus, DuplicateStatus: a.DuplicateStatus,
		UnknownCallStatus: a.UnknownCallStatus, RunningResponseStatus: a.RunningResponseStatus,
		RetryAfterSeconds: a.RetryAfter.Seconds(), LimitedCallUsesNonce: a.LimitedCallUsesNonce, LimitedStatus: string(a.LimitedStatus),
		OmitNone: a.OmitNone, OmitBlankLines: a.OmitBlankLines, RejectSmallSizes: a.RejectSmallSizes, RejectNeverDue: a.RejectNeverDue,
		SessionLifetimeSeconds: a.SessionLifetime.Seconds(),
	}
}

func assumptionsOf(c control.Assumptions) Assumptions {
	return Assumptions{
		CallErrors: ErrorForm(c.CallErrors), NotReadyStatus: c.NotReadyStatus, DuplicateStatus: c.DuplicateStatus,
		UnknownCallStatus: c.UnknownCallStatus, RunningResponseStatus: c.RunningResponseStatus,
		RetryAfter: durationOf(c.RetryAfterSeconds), LimitedCallUsesNonce: c.LimitedCallUsesNonce, LimitedStatus: CallStatus(c.LimitedStatus),
		OmitNone: c.OmitNone, OmitBlankLines: c.OmitBlankLines, RejectSmallSizes: c.RejectSmallSizes, RejectNeverDue: c.RejectNeverDue,
		SessionLifetime: durationOf(c.SessionLifetimeSeconds),
	}
}
