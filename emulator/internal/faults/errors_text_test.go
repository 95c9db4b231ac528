package faults_test

import (
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/faults"
)

// TestErrorTexts pins the complete messages. Other tests check only key words.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]faults.Fault{
		"skip and times of a fault must be 0 or more":                                                                       {Kind: faults.Reset, Skip: -1},
		"the probability of a fault must be between 0 and 1":                                                                {Kind: faults.Reset, Probability: 2},
		"a fault cannot have a negative delay or duration":                                                                  {Kind: faults.Reset, Delay: -1},
		"a fault of the kind delay needs a delay":                                                                           {Kind: faults.Delay},
		"a fault of the kind slowBody needs a duration":                                                                     {Kind: faults.SlowBody},
		"the status 99 of a fault is not valid; use 200 to 599":                                                             {Kind: faults.Status, Status: 99},
		"the status 200 of a redirect is not valid; use 300 to 399":                                                         {Kind: faults.Redirect, Status: 200},
		"a fault of the kind reset has no field; it is an option of missingFields":                                          {Kind: faults.Reset, Field: "id"},
		"the operation createSessions has no nonce; use one of postFunctionsCall, postFunctionSchedules":                    {Kind: faults.ExpiredNonce, Operation: "createSessions"},
		"a fault of the kind gzip has no afterWork; it is an option of status, delay, reset, streamError, goAway, redirect": {Kind: faults.Gzip, AfterWork: true},
		"a fault can have one Retry-After header; use either the value or the date":                                         {Kind: faults.Status, RetryAfter: "1", RetryAfterDate: new(-faults.Fault{}.Delay)},
		`the header "a b" of a fault is not valid; its name is a token, and its value has no control characters`: {
			Kind: faults.Gzip, Headers: map[string]string{"a b": "c"},
		},
		"the operation upload needs no token; use an operation of the Functions API, or none for all": {Kind: faults.ExpiredToken, Operation: "upload"},
	} {
		if err := f.Check(); err == nil || err.Error() != want {
			t.Errorf("error %v\nwant  %s", err, want)
		}
	}
}
