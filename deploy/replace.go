package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cogfn/cogfn/internal/errtext"
	"github.com/cogfn/cogfn/schedule"
	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	// trialSuffix is the suffix of the trial's external id. The id is the same for all deployments of a function, so the
	// trial also excludes concurrent deployments.
	trialSuffix = ".cogfn-trial"
	// staleTrialAge is the age after which a trial counts as the leftover of a killed process.
	staleTrialAge = time.Hour
)

// replace replaces the old function by the new one.
func (r *run) replace(ctx context.Context) (*functions.Function, error) {
	if step, err := r.runTrial(ctx); err != nil {
		return nil, r.abort(ctx, step, err)
	}
	r.progress(Event{
		ExternalID: r.externalID, Step: StepDelete, Schedules: slices.Clone(r.saved),
		Text: fmt.Sprintf("deleting function %d", r.old.ID),
	})
	if err := r.deleteOld(ctx); err != nil {
		return nil, r.abort(ctx, StepDelete, err)
	}
	fn, step, err := r.createAndWait(ctx, r.write, r.code.id)
	switch {
	case err == nil:
		return fn, r.finish(ctx, fn, StepCleanUp, ServingNew, nil)
	case stillBuilding(step, err):
		r.keepOldFiles()
		return fn, r.finish(ctx, fn, step, ServingBuilding, err)
	}
	return nil, r.restore(ctx, fn, step, err)
}

// runTrial does everything that can fail before the old function is deleted: it builds the new function under another
// external id, reads the schedules, and creates one of them on the trial.
func (r *run) runTrial(ctx context.Context) (Step, error) {
	write := r.write
	write.ExternalID = new(r.trialID())
	if err := r.removeStaleTrial(ctx); err != nil {
		return StepTrial, err
	}
	if ctx.Err() != nil {
		return StepTrial, context.Cause(ctx)
	}
	r.report(StepTrial, "building "+r.trialID())
	trial, err := r.createFunction(ctx, write, r.code.id)
	if errors.Is(err, functions.ErrDuplicated) {
		err = errtext.Errorf("%v: %v", ErrBusy, err)
	}
	if err != nil {
		return StepTrial, err
	}
	r.trial = trial
	if _, err := trial.WaitReady(ctx); err != nil {
		return StepTrial, err
	}
	r.report(StepRead, "reading the schedules")
	// The trial keeps other deployments from starting, but one may have ended since Plan.
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
	return StepRead, r.createTrialSchedule(ctx)
}

func (r *run) trialID() string {
	return shorten(r.externalID, functions.ExternalIDMaxLength-len(trialSuffix)) + trialSuffix
}

// removeStaleTrial deletes a trial that a killed process left behind. A more recent trial belongs to a running deployment:
// ErrBusy.
func (r *run) removeStaleTrial(ctx context.Context) error {
	other, err := r.client.Retrieve(ctx, functions.ExternalID(r.trialID()))
	switch {
	case errors.Is(err, functions.ErrNotFound):
		return nil
	case err != nil:
		return err
	case time.Since(other.Created()) < staleTrialAge:
		return errtext.Errorf("%v or was killed; if it was killed, delete the function with external id %s", ErrBusy, r.trialID())
	}
	return r.client.Delete(ctx, []functions.Identifier{other.Identifier()}, functions.IgnoreUnknown())
}

func (r *run) readSchedules(ctx context.Context) ([]schedule.Saved, error) {
	list, err := schedulesOf(ctx, r.client, r.old)
	if err != nil {
		return nil, err
	}
	var all []schedule.Saved
	for _, s := range list {
		saved, err := schedule.Save(ctx, s, r.externalID)
		if err != nil {
			return nil, err
		}
		all = append(all, saved)
	}
	return all, nil
}

// createTrialSchedule creates a schedule on the trial, which shows whether a session can be created and the service accepts
// the schedule. It first runs in several months, and is deleted together with the trial.
func (r *run) createTrialSchedule(ctx context.Context) error {
	write := r.saved[0].AsWrite()
	write.CronExpression = fmt.Sprintf("0 0 1 %d *", time.Now().UTC().AddDate(0, 6, 0).Month())
	_, err := r.client.Schedules.Create(ctx, r.trial.Identifier(), write, r.session...)
	return err
}

// deleteOld deletes the old function. If the response was lost, it looks the function up.
func (r *run) deleteOld(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := detach(ctx)
	defer cancel()
	err := r.client.Delete(ctx, []functions.Identifier{r.old.Identifier()}, functions.IgnoreUnknown())
	if err == nil || rejected(err) {
		return err
	}
	_, lookupErr := r.client.Retrieve(ctx, r.old.Identifier())
	switch {
	case errors.Is(lookupErr, functions.ErrNotFound):
		return nil
	case lookupErr != nil:
		r.oldUnknown = true
	}
	return err
}

// abort cleans up after a failure that leaves the old function unchanged, as far as this run knows.
func (r *run) abort(ctx context.Context, step Step, err error) error {
	serving := ServingOld
	switch {
	case r.oldUnknown:
		serving, r.failure.Schedules = ServingUnknown, r.saved
	case isConflict(err):
		serving = r.currentServing(ctx)
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

// finish creates the schedules of fn, unless it is nil, and cleans up. It returns nil if that succeeded and cause is nil.
func (r *run) finish(ctx context.Context, fn *functions.Function, step Step, serving Serving, cause error) error {
	if fn != nil {
		if err := r.createSchedules(ctx, fn); err != nil && cause == nil {
			step, cause = StepSchedules, err
		}
	}
	r.report(StepCleanUp, "cleaning up")
	r.removeTrial(ctx)
	for _, id := range r.drop {
		r.removeFile(ctx, functions.ID(id))
	}
	if cause == nil && len(r.failure.Functions)+len(r.failure.Files) > 0 {
		cause = errors.New("some functions or files could not be deleted")
	}
	if cause == nil {
		return nil
	}
	return r.fail(step, serving, cause)
}

// createSchedules creates the saved schedules for a function. It continues after failures, adds the failed schedules to
// the error of the run, and returns the first error.
func (r *run) createSchedules(ctx context.Context, fn *functions.Function) (first error) {
	if len(r.saved) == 0 {
		return nil
	}
	r.report(StepSchedules, fmt.Sprintf("creating %d schedules", len(r.saved)))
	for _, saved := range r.saved {
		if err := r.createSchedule(ctx, fn, saved); err != nil {
			r.failure.Schedules = append(r.failure.Schedules, saved)
			if first == nil {
				first = err
			}
		}
	}
	return first
}

func (r *run) createSchedule(ctx context.Context, fn *functions.Function, saved schedule.Saved) error {
	ctx, cancel := detach(ctx)
	defer cancel()
	_, err := r.client.Schedules.Create(ctx, fn.Identifier(), saved.AsWrite(), r.session...)
	return err
}
