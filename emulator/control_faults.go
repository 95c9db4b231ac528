package emulator

import (
	"context"
	"math"
	"net/http"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/gen/control"
)

// ListFaults returns the faults that have not been removed.
func (a *controlAPI) ListFaults(context.Context, control.ListFaultsRequestObject) (control.ListFaultsResponseObject, error) {
	list := control.ListFaults200JSONResponse{Items: []control.InjectedFault{}}
	for _, injection := range a.e.Faults() {
		list.Items = append(list.Items, controlInjection(injection))
	}
	return list, nil
}

// InjectFault injects a fault.
func (a *controlAPI) InjectFault(_ context.Context, request control.InjectFaultRequestObject) (control.InjectFaultResponseObject, error) {
	f := faultOf(*request.Body)
	if err := f.Check(); err != nil {
		return nil, envelope.BadRequest("%v", err)
	}
	injection, err := a.e.faults.Inject(faults.Fault(f))
	if err != nil {
		return nil, err
	}
	return control.InjectFault201JSONResponse{InjectedFaultJSONResponse: control.InjectedFaultJSONResponse(controlInjection(&Injection{injection}))}, nil
}

// ClearFaults removes all faults.
func (a *controlAPI) ClearFaults(context.Context, control.ClearFaultsRequestObject) (control.ClearFaultsResponseObject, error) {
	return control.ClearFaults204Response{}, a.e.faults.Clear()
}

// GetFault returns a fault.
func (a *controlAPI) GetFault(_ context.Context, request control.GetFaultRequestObject) (control.GetFaultResponseObject, error) {
	injection, err := a.injection(request.FaultID)
	if err != nil {
		return nil, err
	}
	return control.GetFault200JSONResponse{InjectedFaultJSONResponse: control.InjectedFaultJSONResponse(controlInjection(injection))}, nil
}

// RemoveFault removes a fault.
func (a *controlAPI) RemoveFault(_ context.Context, request control.RemoveFaultRequestObject) (control.RemoveFaultResponseObject, error) {
	injection, err := a.injection(request.FaultID)
	if err != nil {
		return nil, err
	}
	return control.RemoveFault204Response{}, injection.Remove()
}

func (a *controlAPI) injection(id int64) (*Injection, error) {
	for _, injection := range a.e.Faults() {
		if injection.ID() == id {
			return injection, nil
		}
	}
	return nil, envelope.New(http.StatusNotFound, "there is no fault %d; it may be removed already", id)
}

// controlInjection returns a fault for a response. Seeds from the control API have at most 63 bits.
func controlInjection(i *Injection) control.InjectedFault {
	f := i.Fault()
	c := control.Fault{
		Operation: f.Operation, Skip: f.Skip, Times: f.Times, Probability: f.Probability, Seed: int64(f.Seed & math.MaxInt64), Kind: control.FaultKind(f.Kind),
		AfterWork: f.AfterWork, DelaySeconds: f.Delay.Seconds(), Status: f.Status, Message: f.Message, Headers: f.Headers,
		RetryAfter: f.RetryAfter, DurationSeconds: f.Duration.Seconds(), Field: f.Field, Location: f.Location,
	}
	if f.RetryAfterDate != nil {
		c.RetryAfterDateSeconds = new(f.RetryAfterDate.Seconds())
	}
	return control.InjectedFault{ID: i.ID(), Hits: i.Hits(), Fault: c}
}

func faultOf(c control.Fault) Fault {
	seed := uint64(c.Seed) //nolint:gosec // not negative, see the description
	f := Fault{
		Operation: c.Operation, Skip: c.Skip, Times: c.Times, Probability: c.Probability, Seed: seed, Kind: FaultKind(c.Kind),
		AfterWork: c.AfterWork, Delay: durationOf(c.DelaySeconds), Status: c.Status, Message: c.Message, Headers: c.Headers,
		RetryAfter: c.RetryAfter, Duration: durationOf(c.DurationSeconds), Field: c.Field, Location: c.Location,
	}
	if c.RetryAfterDateSeconds != nil {
		f.RetryAfterDate = new(durationOf(*c.RetryAfterDateSeconds))
	}
	return f
}
