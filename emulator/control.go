package emulator

import (
	"context"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen/control"
)

// controlAPI implements the control API with the methods of an emulator.
type controlAPI struct {
	e *Emulator

	mu        sync.Mutex
	snapshots map[int64]*Snapshot
	lastID    int64 // of snapshots
}

func newControlAPI(e *Emulator) *controlAPI {
	return &controlAPI{e: e, snapshots: map[int64]*Snapshot{}}
}

// GetClock returns the time.
func (a *controlAPI) GetClock(context.Context, control.GetClockRequestObject) (control.GetClockResponseObject, error) {
	return control.GetClock200JSONResponse{ClockJSONResponse: a.clock()}, nil
}

func (a *controlAPI) clock() control.ClockJSONResponse {
	return control.ClockJSONResponse{Time: a.e.Now().UnixMilli(), Frozen: a.e.clock.Frozen()}
}

// SetClock sets, freezes or unfreezes the clock.
func (a *controlAPI) SetClock(_ context.Context, request control.SetClockRequestObject) (control.SetClockResponseObject, error) {
	if frozen := request.Body.Frozen; frozen != nil && *frozen {
		a.e.Freeze()
	}
	if now := request.Body.Time; now != nil {
		a.e.SetTime(time.UnixMilli(*now))
	}
	if frozen := request.Body.Frozen; frozen != nil && !*frozen {
		a.e.Unfreeze()
	}
	return control.SetClock200JSONResponse{ClockJSONResponse: a.clock()}, nil
}

// AdvanceClock moves the clock forward and returns the calls that schedules made.
func (a *controlAPI) AdvanceClock(ctx context.Context, request control.AdvanceClockRequestObject) (control.AdvanceClockResponseObject, error) {
	calls, err := a.e.advance(ctx, durationOf(request.Body.Seconds))
	if err != nil {
		return nil, err
	}
	return control.AdvanceClock200JSONResponse{Time: a.e.Now().UnixMilli(), Calls: controlCalls(calls)}, nil
}

// GetTransitions returns when deployments and calls end.
func (a *controlAPI) GetTransitions(context.Context, control.GetTransitionsRequestObject) (control.GetTransitionsResponseObject, error) {
	return control.GetTransitions200JSONResponse{TransitionsJSONResponse: a.transitions()}, nil
}

func (a *controlAPI) transitions() control.TransitionsJSONResponse {
	deployments, calls := a.e.service.Transitions()
	return control.TransitionsJSONResponse{Deployments: controlTransition(&deployments), Calls: controlTransition(&calls)}
}

// SetTransitions sets when deployments and calls end.
func (a *controlAPI) SetTransitions(_ context.Context, request control.SetTransitionsRequestObject) (control.SetTransitionsResponseObject, error) {
	deployments, calls := transitionOf(request.Body.Deployments), transitionOf(request.Body.Calls)
	if err := checkTransition("deployments", deployments); err != nil {
		return nil, err
	}
	if err := checkTransition("calls", calls); err != nil {
		return nil, err
	}
	if deployments != nil {
		a.e.SetDeployments(*deployments)
	}
	if calls != nil {
		a.e.SetCalls(*calls)
	}
	return control.SetTransitions200JSONResponse{TransitionsJSONResponse: a.transitions()}, nil
}

// checkTransition returns an error if the transition in a field of a request is not valid. It accepts nil.
func checkTransition(field string, t *Transition) error {
	if t == nil {
		return nil
	}
	if err := t.Check(); err != nil {
		return envelope.BadRequest("%s: %v", field, err)
	}
	return nil
}

// AddFunction adds a function that is Ready.
func (a *controlAPI) AddFunction(_ context.Context, request control.AddFunctionRequestObject) (control.AddFunctionResponseObject, error) {
	if err := a.e.service.AddReadyFunction(request.Function); err != nil {
		return nil, envelope.BadRequest("%v", err)
	}
	return control.AddFunction204Response{}, nil
}

// GetOutcomes returns the outcomes of the next calls of a function.
func (a *controlAPI) GetOutcomes(_ context.Context, request control.GetOutcomesRequestObject) (control.GetOutcomesResponseObject, error) {
	return control.GetOutcomes200JSONResponse{OutcomesJSONResponse: a.outcomes(request.Function)}, nil
}

func (a *controlAPI) outcomes(function string) control.OutcomesJSONResponse {
	all := control.OutcomesJSONResponse{Items: []control.Outcome{}}
	for _, outcome := range a.e.service.Outcomes(function) {
		all.Items = append(all.Items, control.Outcome{
			Status: string(outcome.Status), Response: outcome.Response, Log: outcome.Log,
			Error: outcome.Message, Trace: outcome.Trace, ErrorForm: string(outcome.ErrorForm),
			Transition: controlTransition(outcome.Transition),
		})
	}
	return all
}

// SetOutcomes sets the outcomes of the next calls of a function.
func (a *controlAPI) SetOutcomes(_ context.Context, request control.SetOutcomesRequestObject) (control.SetOutcomesResponseObject, error) {
	encoded := make([]service.Outcome, len(request.Body.Items))
	for i, item := range request.Body.Items {
		outcome := Outcome{
			Status: CallStatus(item.Status), Log: item.Log, Error: item.Error, Trace: item.Trace,
			ErrorForm: ErrorForm(item.ErrorForm), Transition: transitionOf(item.Transition),
		}
		if item.Response != nil {
			outcome.Response = item.Response
		}
		var err error
		if encoded[i], err = outcome.encode(); err != nil {
			return nil, envelope.BadRequest("items.%d: %v", i, err)
		}
	}
	a.e.service.SetOutcomes(request.Function, encoded)
	return control.SetOutcomes200JSONResponse{OutcomesJSONResponse: a.outcomes(request.Function)}, nil
}

// durationOf returns a number of seconds as a duration. It limits durations to about 290 years.
func durationOf(seconds float64) time.Duration {
	const limit = 1<<63 - 1
	if seconds >= float64(limit)/float64(time.Second) {
		return limit
	}
	return time.Duration(seconds * float64(time.Second))
}

func controlTransition(t *service.Transition) *control.Transition {
	if t == nil {
		return nil
	}
	return &control.Transition{AfterSeconds: t.After.Seconds(), Polls: t.Polls, Never: t.Never}
}

func transitionOf(t *control.Transition) *Transition {
	if t == nil {
		return nil
	}
	return &Transition{After: durationOf(t.AfterSeconds), Polls: t.Polls, Never: t.Never}
}
