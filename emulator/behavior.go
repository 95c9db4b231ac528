package emulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen"
)

// Transition is when a deployment or a call ends. The zero value is as soon as its work is done.
type Transition struct {
	// After is the minimum duration on the emulator's clock. A deployment is Queued for one half of it and Deploying for
	// the other.
	After time.Duration
	// Polls is how many times the function or the call is retrieved or listed before it ends. A deployment is Queued for
	// one half of them and Deploying for the other. The next such request waits up to one second for the end of the
	// work. Only responses that contain the function or the call count.
	Polls int
	// Never means that it does not end. A call does not even time out.
	Never bool
}

// Check returns an error if the transition is not valid: a field is negative, or more than one field is set.
func (t Transition) Check() error { return service.Transition(t).Check() }

// After returns the transition of a deployment or call that takes at least d on the emulator's clock. A call that takes
// longer than the limit of its duration times out.
func After(d time.Duration) Transition { return Transition{After: d} }

// AfterPolls returns the transition of a deployment or call that has not ended in the first n responses that contain it,
// and has ended in the next.
func AfterPolls(n int) Transition { return Transition{Polls: n} }

// Never returns the transition of a deployment that stays Deploying, or of a call that stays Running. It ends when the
// function is deleted or the emulator is closed.
func Never() Transition { return Transition{Never: true} }

// SetDeployments sets when the deployments end that start from now on. A deployment is Queued for the first half and
// Deploying for the second. SetDeployments panics if the transition is not valid.
func (e *Emulator) SetDeployments(transition Transition) {
	must(transition.Check())
	e.service.SetDeployments(service.Transition(transition))
}

// SetCalls sets when the calls end that start from now on. The handler runs at the start of the call; its outcome becomes
// visible at the end. SetCalls panics if the transition is not valid.
func (e *Emulator) SetCalls(transition Transition) {
	must(transition.Check())
	e.service.SetCalls(service.Transition(transition))
}

// CallStatus is the status of a call, such as [gen.FunctionCallStatusCompleted].
type CallStatus = gen.FunctionCallStatus

// Outcome is a scripted outcome of a call: neither a handler nor uploaded code runs.
type Outcome struct {
	// Status is the final status; "" means Completed, or Failed if Error is set. It can be a status that the API
	// description does not contain.
	Status CallStatus
	// Response is the response, which is encoded as JSON; nil means null for a completed call and no response for others.
	Response any
	// Log contains the lines of the log.
	Log []string
	// Error is the message of the call's error, Trace its traceback.
	Error, Trace string
	// ErrorForm is the form of the error; "" means as for all calls, see [Assumptions].
	ErrorForm ErrorForm
	// Transition is when the call ends; nil means as for all calls.
	Transition *Transition
}

func (o Outcome) encode() (service.Outcome, error) {
	status := cmp.Or(o.Status, gen.FunctionCallStatusCompleted)
	if o.Status == "" && o.Error != "" {
		status = gen.FunctionCallStatusFailed
	}
	encoded := service.Outcome{
		Outcome: runner.Outcome{Status: status, Message: o.Error, Trace: o.Trace},
		Log:     o.Log, ErrorForm: o.ErrorForm, Transition: (*service.Transition)(o.Transition),
	}
	if o.Response != nil {
		var err error
		if encoded.Response, err = json.Marshal(o.Response); err != nil {
			return encoded, fmt.Errorf("the response of an outcome cannot be encoded as JSON: %w", err)
		}
	}
	return encoded, encoded.Check()
}

// SetOutcomes sets the outcomes of the next calls of the function with an external id, or else a name. The last outcome
// repeats. The function needs no code. Without outcomes, its handler or code runs again.
//
// SetOutcomes panics if an outcome is not valid: its status is Running, its form of errors is unknown, or its
// response cannot be encoded as JSON.
func (e *Emulator) SetOutcomes(function string, outcomes ...Outcome) {
	encoded := make([]service.Outcome, len(outcomes))
	for i, outcome := range outcomes {
		var err error
		encoded[i], err = outcome.encode()
		must(err)
	}
	e.service.SetOutcomes(function, encoded)
}

// must panics if the program calls the emulator with an invalid argument.
func must(err error) {
	if err != nil {
		panic("emulator: " + err.Error())
	}
}
