package deploy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	// trialSuffix makes the external id under which a function is built for trial. It is always the same, so that two
	// deployments of one function get into each other's way there and not later.
	trialSuffix = ".cogfn-trial"
	// trialLife is how old a trial must be to count as left behind by a process that was killed.
	trialLife = time.Hour
)

// replace puts the new function in the old one's place.
func (r *run) replace(ctx context.Context) (*functions.Function, error) {
	if step, err := r.rehearse(ctx); err != nil {
		return nil, r.abandon(ctx, step, err)
	}
	r.progress(Event{
		ExternalID: r.externalID, Step: StepDelete, Schedules: slices.Clone(r.saved),
		Text: fmt.Sprintf("deleting function %d", r.old.ID),
	})
	if err := r.takeDown(ctx); err != nil {
		return nil, r.abandon(ctx, StepDelete, err)
	}
	fn, step, err := r.putUp(ctx, r.write, r.code.id)
	switch {
	case err == nil:
		return fn, r.finish(ctx, fn, StepCleanUp, ServingNew, nil)
	case unfinished(step, err):
		r.keepFiles()
		return fn, r.finish(ctx, fn, step, ServingUnfinished, err)
	}
	return nil, r.goBack(ctx, fn, step, err)
}

// rehearse does whatever can fail while the old function still serves: it builds the new one under another external id,
// reads the schedules, and creates one of them on the trial.
func (r *run) rehearse(ctx context.Context) (Step, error) {
	write := r.write
	write.ExternalID = new(r.trialID())
	if err := r.clearStage(ctx); err != nil {
		return StepTrial, err
	}
	if ctx.Err() != nil {
		return StepTrial, context.Cause(ctx)
	}
	r.report(StepTrial, "building "+r.trialID()+" for trial")
	trial, err := r.make(ctx, write, r.code.id)
	if errors.Is(err, functions.ErrDuplicated) {
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	}
	if err != nil {
		return StepTrial, err
	}
	r.trial = trial
	if _, err := trial.WaitReady(ctx); err != nil {
		return StepTrial, err
	}
	r.report(StepRead, "reading the schedules")
	// While the trial is there, no other deployment begins; but one may have ended since Plan.
	current, err := r.client.Retrieve(ctx, functions.ExternalID(r.externalID))
	switch {
	case errors.Is(err, functions.ErrNotFound):
		return StepRead, ErrStale
	case err != nil:
		return StepRead, err
	case current.ID != r.old.ID:
		return StepRead, ErrStale
	}
	if r.saved, err = r.readSchedules(ctx); err != nil {
		return StepRead, err
	}
	if len(r.saved) == 0 {
		return "", nil
	}
	return StepRead, r.trySchedule(ctx)
}

func (r *run) trialID() string {
	return shortened(r.externalID, functions.ExternalIDMaxLength-len(trialSuffix)) + trialSuffix
}

// clearStage makes room for the trial: it removes one that was left behind, and refuses to disturb a younger one.
func (r *run) clearStage(ctx context.Context) error {
	other, err := r.client.Retrieve(ctx, functions.ExternalID(r.trialID()))
	switch {
	case errors.Is(err, functions.ErrNotFound):
		return nil
	case err != nil:
		return err
	case time.Since(other.Created()) < trialLife:
		return fmt.Errorf("%w, or was killed: delete the function with external id %s if it was", ErrBusy, r.trialID())
	}
	return r.client.Delete(ctx, []functions.Identifier{other.Identifier()}, true)
}

func (r *run) readSchedules(ctx context.Context) ([]PausedSchedule, error) {
	list, err := schedulesOf(ctx, r.client, r.old)
	if err != nil {
		return nil, err
	}
	var saved []PausedSchedule
	for _, schedule := range list {
		one, err := saveSchedule(ctx, schedule, r.externalID)
		if err != nil {
			return nil, err
		}
		saved = append(saved, one)
	}
	return saved, nil
}

// trySchedule creates a schedule on the trial that will not be due for months: whether a session can be had, and whether
// the service takes it, shows before anything is deleted. It goes with the trial.
func (r *run) trySchedule(ctx context.Context) error {
	write := r.saved[0].write()
	write.CronExpression = fmt.Sprintf("0 0 1 %d *", time.Now().UTC().AddDate(0, 6, 0).Month())
	_, err := r.client.Schedules.Create(ctx, r.trial.Identifier(), write, r.session...)
	return err
}

// takeDown deletes the old function. When the answer was lost, it looks whether the function is there.
func (r *run) takeDown(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := settled(ctx)
	defer cancel()
	err := r.client.Delete(ctx, []functions.Identifier{r.old.Identifier()}, true)
	if err == nil || refused(err) {
		return err
	}
	_, lookup := r.client.Retrieve(ctx, r.old.Identifier())
	switch {
	case errors.Is(lookup, functions.ErrNotFound):
		return nil
	case lookup != nil:
		r.lost = true
	}
	return err
}

// abandon cleans up after a failure before which this run did nothing to the old function, as far as it knows.
func (r *run) abandon(ctx context.Context, step Step, err error) error {
	serving := ServingOld
	switch {
	case r.lost:
		serving, r.left.Schedules = ServingUnknown, r.saved
	case rivaled(err):
		serving = r.nowServing(ctx)
	}
	r.removeTrial(ctx)
	r.removeCode(ctx)
	return r.fail(step, serving, err)
}

func (r *run) removeTrial(ctx context.Context) {
	if r.trial != nil {
		r.removeFunction(ctx, r.trial.Identifier())
	}
}

// goBack creates the old function again after the new one, which is nil if it was not created, failed for good.
func (r *run) goBack(ctx context.Context, failed *functions.Function, step Step, cause error) error {
	r.report(StepRestore, "restoring the old function")
	r.drop = nil
	r.left.Functions = slices.DeleteFunc(r.left.Functions, func(id functions.Identifier) bool {
		return id == functions.ExternalID(r.externalID) // if it is there after all, the creation below tells
	})
	removed := failed == nil || r.removeFunction(ctx, failed.Identifier())
	r.removeCode(ctx)
	if !removed {
		r.left.Schedules = r.saved
		return r.finish(ctx, nil, step, ServingNothing, cause)
	}
	write, lost := r.oldWrite()
	r.left.LostSecrets = lost
	fn, restoring, err := r.putUp(ctx, write, r.old.FileID)
	serving := ServingRestored
	switch {
	case err == nil:
	case errors.Is(err, functions.ErrDuplicated):
		serving = ServingUnknown
	case unfinished(restoring, err):
		serving = ServingRestoring
	default:
		serving = ServingNothing
	}
	if err != nil {
		cause = &twofold{cause, restoring, err}
	}
	if serving == ServingNothing || serving == ServingUnknown {
		fn, r.left.Schedules = nil, r.saved
	}
	return r.finish(ctx, fn, step, serving, cause)
}

// oldWrite is what the old function was, with the secrets that the new one has too, and the keys of those it lacks. Its
// notes tell what is sent and not what the old one had, so that a later Plan sees what got lost or has another value.
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
	if n := notesOf(r.old); n.ours {
		n.settings = n.resent(write, r.key)
		write.Metadata = n.write(write.Metadata)
	}
	return write, lost
}

// keepFiles leaves files that would be deleted, since the old code may yet be needed, and notes them as left behind.
func (r *run) keepFiles() {
	for _, id := range r.drop {
		r.left.Files = append(r.left.Files, functions.ID(id))
	}
	r.drop = nil
}

// finish gives a function its schedules, if there is one, and cleans up. It returns nil if all went well and nothing
// had failed before.
func (r *run) finish(ctx context.Context, fn *functions.Function, step Step, serving Serving, cause error) error {
	if fn != nil {
		if err := r.restoreSchedules(ctx, fn); err != nil && cause == nil {
			step, cause = StepSchedules, err
		}
	}
	r.report(StepCleanUp, "cleaning up")
	r.removeTrial(ctx)
	for _, id := range r.drop {
		r.removeFile(ctx, functions.ID(id))
	}
	if cause == nil && len(r.left.Functions)+len(r.left.Files) > 0 {
		cause = errors.New("not everything could be deleted")
	}
	if cause == nil {
		return nil
	}
	return r.fail(step, serving, cause)
}

// restoreSchedules creates the saved schedules for a function. Those that cannot be created are noted.
func (r *run) restoreSchedules(ctx context.Context, fn *functions.Function) error {
	if len(r.saved) == 0 {
		return nil
	}
	r.report(StepSchedules, fmt.Sprintf("creating the schedules anew: %d", len(r.saved)))
	var first error // the others mostly have the same one
	for _, saved := range r.saved {
		if err := r.restoreSchedule(ctx, fn, saved); err != nil {
			r.left.Schedules = append(r.left.Schedules, saved)
			first = cmp.Or(first, err)
		}
	}
	return first
}

func (r *run) restoreSchedule(ctx context.Context, fn *functions.Function, saved PausedSchedule) error {
	ctx, cancel := settled(ctx)
	defer cancel()
	_, err := r.client.Schedules.Create(ctx, fn.Identifier(), saved.write(), r.session...)
	return err
}
