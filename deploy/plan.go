package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Action is what [Deploy] has to do.
type Action string

// The values of Action.
const (
	// Nothing: the deployed function equals the Spec.
	Nothing Action = "nothing"
	// Create: no function has the external id.
	Create Action = "create"
	// Replace: the deployed function differs from the Spec.
	Replace Action = "replace"
)

// Reason is one difference between a Spec and the deployed function.
type Reason struct {
	// Field is "code", "status" or the name of a setting in the API, such as "memory".
	Field string
	// Text describes the difference. It contains no values of secrets, environment variables, metadata and index URLs.
	Text string
}

// String returns the field and the text.
func (r Reason) String() string { return r.Field + ": " + r.Text }

// Changes is the result of [Plan] and the input of [Deploy].
type Changes struct {
	// ExternalID is the external id of the function.
	ExternalID string
	// Action is what Deploy will do.
	Action Action
	// Reasons are the differences; none for Nothing.
	Reasons []Reason
	// Deployed is the function that has the external id now; nil if there is none.
	Deployed *functions.Function
	// Schedules are deleted and created again by Replace; nil for other actions.
	Schedules functions.ScheduleList

	// A pointer, so that printing Changes does not show secrets.
	prepared *prepared
}

// prepared is a validated Spec with its packed code.
type prepared struct {
	spec *Spec
	code *functions.Package
}

// String returns the action and one line for each reason.
func (c *Changes) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", c.ExternalID, c.Action)
	for _, r := range c.Reasons {
		fmt.Fprintf(&b, "\n  %s", r)
	}
	if n := len(c.Schedules); n > 0 {
		fmt.Fprintf(&b, "\n  schedules to create again: %d", n)
	}
	return b.String()
}

// Plan validates a Spec, packs its code and compares both with the deployed function. It changes nothing. The package
// documentation describes what is compared. Changes to the Spec after Plan have no effect on the result.
//
// Errors:
//   - *functions.ArgumentError: a field of the Spec is invalid.
//   - *functions.SourceError: the code is invalid.
//   - Errors of the client.
//
// Capability: functionsAcl:READ.
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
	changes := &Changes{ExternalID: s.externalID(), Action: Create, prepared: &prepared{s, code}}
	fn, err := client.Retrieve(ctx, functions.ExternalID(s.externalID()))
	switch {
	case errors.Is(err, functions.ErrNotFound):
		changes.Reasons = []Reason{{"code", "no function has this external id"}}
		return changes, nil
	case err != nil:
		return nil, err
	}
	if err := checkReadable(fn); err != nil {
		return nil, err
	}
	changes.Deployed = fn
	if changes.Reasons = compare(fn, s, code); len(changes.Reasons) == 0 {
		changes.Action = Nothing
		return changes, nil
	}
	changes.Action = Replace
	changes.Schedules, err = schedulesOf(ctx, client, fn)
	return changes, err
}

// compare returns the differences between a deployed function and a Spec.
func compare(fn *functions.Function, s *Spec, code *functions.Package) []Reason {
	rec := recordOf(fn)
	if !rec.valid {
		return []Reason{{"code", "the function was not deployed by this package, so its code and settings are unknown"}}
	}
	var reasons []Reason
	switch fn.Status {
	case functions.FunctionFailed:
		reasons = append(reasons, Reason{"status", "the build of the deployed function has failed"})
	case functions.FunctionRetired:
		reasons = append(reasons, Reason{"status", "the deployed function is retired and cannot be called"})
	default:
	}
	if before, after := rec.versions[0].Code, code.ContentSHA256[:hashDigits]; before != after {
		reasons = append(reasons, Reason{"code", fmt.Sprintf("was hash %.12s, is %.12s", before, after)})
	}
	wanted := digests(s.Function, s.SecretsKey)
	returned := fn.AsWrite()
	maps.DeleteFunc(returned.Metadata, func(key, _ string) bool { return strings.HasPrefix(key, metadataPrefix) })
	before, after := valuesOf(returned), valuesOf(s.Function)
	for _, setting := range settings {
		name := setting.name
		oldDigest, wasSet := rec.settings[name]
		newDigest, isSet := wanted[name]
		switch {
		case isSet && !wasSet:
			reasons = append(reasons, Reason{name, "is set now"})
		case wasSet && !isSet:
			reasons = append(reasons, Reason{name, "is no longer set"})
		case oldDigest != newDigest:
			reasons = append(reasons, Reason{name, setting.diff(before[name], after[name])})
		}
	}
	return reasons
}

// schedulesOf returns all schedules of a function.
func schedulesOf(ctx context.Context, client *functions.Client, fn *functions.Function) (functions.ScheduleList, error) {
	filter := functions.SchedulesFilter{Function: fn.Identifier()}
	return client.Schedules.List(ctx, filter, functions.WithLimit(functions.Unlimited))
}
