package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Action is what it takes to bring about what a Spec asks for.
type Action string

// The values of Action.
const (
	Nothing Action = "nothing"
	Create  Action = "create"
	Replace Action = "replace"
)

// Reason is one thing that differs between a Spec and what is deployed.
type Reason struct {
	// Field is "code", "status", or the name of a setting in the API, such as "memory".
	Field string
	// Text says what differs, without the value of any secret, environment variable or index URL.
	Text string
}

// String joins the field and the text.
func (r Reason) String() string { return r.Field + ": " + r.Text }

// Changes are what Plan found. Give them to Deploy, which carries them out.
type Changes struct {
	// ExternalID is that of the function.
	ExternalID string
	// Action is what Deploy will do.
	Action Action
	// Reasons say why, one for each thing that differs; none for Nothing.
	Reasons []Reason
	// Deployed is the function that the external id names now; nil if there is none.
	Deployed *functions.Function
	// Schedules are those that a replacement deletes and creates anew; nil for other actions.
	Schedules functions.ScheduleList

	// Behind a pointer, so that printing Changes cannot show secrets.
	order *order
}

// order is what Deploy needs besides.
type order struct {
	spec *Spec
	code *functions.Package
}

// String says in a few lines what will be done and why.
func (c *Changes) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", c.ExternalID, c.Action)
	for _, r := range c.Reasons {
		fmt.Fprintf(&b, "\n  %s", r)
	}
	if n := len(c.Schedules); n > 0 {
		fmt.Fprintf(&b, "\n  schedules that are created anew: %d", n)
	}
	return b.String()
}

// Plan compares code and settings with what is deployed and says what Deploy would do; it changes nothing. The
// fields and the code are checked first: the errors are *functions.ArgumentError and *functions.SourceError. See the
// package's documentation for what is compared.
func Plan(ctx context.Context, client *functions.Client, spec Spec) (*Changes, error) {
	s, err := spec.clone()
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return nil, err
	}
	var opts []functions.CreateOption
	if s.SkipValidation {
		opts = append(opts, functions.WithoutValidation())
	}
	code, err := s.Source.Pack(s.Function, opts...)
	if err != nil {
		return nil, err
	}
	changes := &Changes{ExternalID: s.externalID(), Action: Create, order: &order{s, code}}
	fn, err := client.Retrieve(ctx, functions.ExternalID(s.externalID()))
	switch {
	case errors.Is(err, functions.ErrNotFound):
		changes.Reasons = []Reason{{"code", "nothing is deployed under this external id"}}
		return changes, nil
	case err != nil:
		return nil, err
	}
	if err := checkReadable(fn); err != nil {
		return nil, err
	}
	changes.Deployed = fn
	if changes.Reasons = differences(fn, s, code); len(changes.Reasons) == 0 {
		changes.Action = Nothing
		return changes, nil
	}
	changes.Action = Replace
	changes.Schedules, err = schedulesOf(ctx, client, fn)
	return changes, err
}

// differences compares a deployed function with a Spec.
func differences(fn *functions.Function, s *Spec, code *functions.Package) []Reason {
	deployed := notesOf(fn)
	if !deployed.ours {
		return []Reason{{"code", "what is deployed was not deployed by this package, so its code and settings are unknown"}}
	}
	var reasons []Reason
	switch fn.Status {
	case functions.FunctionFailed:
		reasons = append(reasons, Reason{"status", "the build of what is deployed has failed"})
	case functions.FunctionRetired:
		reasons = append(reasons, Reason{"status", "what is deployed is retired and cannot be called"})
	default:
	}
	if had, want := deployed.versions[0].Code, code.ContentSHA256[:hashDigits]; had != want {
		reasons = append(reasons, Reason{"code", fmt.Sprintf("has the hash %.12s, was %.12s", want, had)})
	}
	wanted := digests(s.Function, s.SecretsKey)
	shown := fn.AsWrite()
	maps.DeleteFunc(shown.Metadata, func(key, _ string) bool { return strings.HasPrefix(key, metadataPrefix) })
	before, after := valuesOf(shown), valuesOf(s.Function)
	for _, setting := range settings {
		name := setting.name
		had, was := deployed.settings[name]
		want, is := wanted[name]
		switch {
		case is && !was:
			reasons = append(reasons, Reason{name, "is set now"})
		case was && !is:
			reasons = append(reasons, Reason{name, "is not set any more"})
		case had != want:
			reasons = append(reasons, Reason{name, setting.difference(before[name], after[name])})
		}
	}
	return reasons
}

// schedulesOf returns all schedules of a function.
func schedulesOf(ctx context.Context, client *functions.Client, fn *functions.Function) (functions.ScheduleList, error) {
	filter := functions.SchedulesFilter{Function: fn.Identifier()}
	return client.Schedules.List(ctx, filter, functions.WithLimit(functions.Unlimited))
}
