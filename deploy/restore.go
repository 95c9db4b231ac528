package deploy

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/cogfn/cogfn/internal/errtext"
	functions "github.com/cogfn/cogfn/wrapper"
)

// restore creates the old function again after the new one was rejected or its build failed. failed is the new function;
// nil if it was not created.
func (r *run) restore(ctx context.Context, failed *functions.Function, step Step, cause error) error {
	r.report(StepRestore, "restoring the old function")
	r.drop = nil
	r.failure.Functions = slices.DeleteFunc(r.failure.Functions, func(id functions.Identifier) bool {
		return id == functions.ExternalID(r.externalID) // if it exists, the creation below is rejected
	})
	removed := failed == nil || r.removeFunction(ctx, failed.Identifier())
	r.removeCode(ctx)
	if !removed {
		r.failure.Schedules = r.saved
		return r.finish(ctx, nil, step, ServingNothing, cause)
	}
	write, lost := r.oldWrite()
	r.failure.LostSecrets = lost
	fn, restoreStep, err := r.createAndWait(ctx, write, r.old.FileID)
	serving := ServingRestored
	switch {
	case err == nil:
	case errors.Is(err, functions.ErrDuplicated):
		serving = ServingUnknown
	case stillBuilding(restoreStep, err):
		serving = ServingRestoring
	default:
		serving = ServingNothing
	}
	if err != nil {
		cause = errtext.Errorf("%v; %s of the old function failed too: %v", cause, restoreStep, err)
	}
	if serving == ServingNothing || serving == ServingUnknown {
		fn, r.failure.Schedules = nil, r.saved
	}
	return r.finish(ctx, fn, step, serving, cause)
}

// oldWrite returns the old function and the keys of the secrets that it loses. Its secrets have the values of the new
// function. The record contains what is sent, so the next Plan reports lost and changed secrets.
func (r *run) oldWrite() (write functions.FunctionWrite, lost []string) {
	write = r.old.AsWrite()
	write.FileID = 0
	for _, s := range settings {
		if s.withheld {
			s.of(&write).Set(s.of(&r.write))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(write.Secrets)) {
		if value, ok := r.write.Secrets[key]; ok {
			write.Secrets[key] = value
			continue
		}
		delete(write.Secrets, key)
		lost = append(lost, key)
	}
	if rec := recordOf(r.old); rec.valid {
		rec.settings = rec.resentSettings(write, r.key)
		write.Metadata = rec.addTo(write.Metadata)
	}
	return write, lost
}

// keepOldFiles reports the files to delete as left behind, since the old code may still be needed.
func (r *run) keepOldFiles() {
	for _, id := range r.drop {
		r.failure.Files = append(r.failure.Files, functions.ID(id))
	}
	r.drop = nil
}
