package deploy

import (
	"context"
	"errors"
	"net/http"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

// settleTime is how long requests go on after the end of the context, one by one, when stopping at once would leave
// things lying about.
const settleTime = 2 * time.Minute

// run is one deployment on its way.
type run struct {
	options

	client     *functions.Client
	externalID string
	old        *functions.Function     // nil if nothing is deployed
	write      functions.FunctionWrite // the new function, with its notes
	code       codeFile
	drop       []int64             // code files that nobody needs afterwards
	key        functions.Secret    // keys the digests; empty if a rollback was given none
	trial      *functions.Function // nil if none was made
	made       []int64             // the functions that this run created
	saved      []PausedSchedule    // the old function's schedules
	lost       bool                // nobody knows whether the old function was deleted
	left       Error               // what could not be removed
}

// codeFile is the file with the code of the new function.
type codeFile struct {
	id int64
	// fresh tells that this run uploaded it, so that it may delete it again.
	fresh bool
}

// Deploy carries out what Plan found and returns the function, which is Ready. It waits for builds, which take minutes on
// the real service, until ctx ends. If what is deployed has changed since Plan, the error is ErrStale and nothing was done.
// A failure is an *Error; see the package's documentation for what then is where. The new function comes with the error
// when it is in place already: when only schedules or the clean-up failed, or ctx ended during the last build.
func Deploy(ctx context.Context, client *functions.Client, changes *Changes, opts ...Option) (*functions.Function, error) {
	current, err := client.Retrieve(ctx, functions.ExternalID(changes.ExternalID))
	if err != nil && !errors.Is(err, functions.ErrNotFound) {
		return nil, err
	}
	if idOf(current) != idOf(changes.Deployed) {
		return nil, ErrStale
	}
	if changes.Action == Nothing {
		return current.WaitReady(ctx)
	}
	r := &run{options: optionsOf(opts), client: client, externalID: changes.ExternalID, old: current}
	if err := r.upload(ctx, changes.order); err != nil {
		return nil, err
	}
	r.prepare(changes.order)
	if changes.Action == Create {
		return r.create(ctx)
	}
	return r.replace(ctx)
}

func idOf(fn *functions.Function) int64 {
	if fn == nil {
		return 0
	}
	return fn.ID
}

// prepare makes the function to create, with the notes about it.
func (r *run) prepare(o *order) {
	var n notes
	if r.old != nil {
		n = notesOf(r.old)
	}
	n.versions, r.drop = n.running(Version{FileID: r.code.id, Code: o.code.ContentSHA256[:hashDigits]}, o.spec.keep())
	r.key = o.spec.SecretsKey
	n.settings = digests(o.spec.Function, r.key)
	r.write = o.spec.Function
	r.write.Metadata = n.write(r.write.Metadata)
}

// create brings a function where there was none.
func (r *run) create(ctx context.Context) (*functions.Function, error) {
	if ctx.Err() != nil {
		r.removeCode(ctx)
		return nil, r.fail(StepCreate, ServingNothing, context.Cause(ctx))
	}
	fn, step, err := r.putUp(ctx, r.write, r.code.id)
	if err == nil {
		return fn, nil
	}
	if unfinished(step, err) {
		return fn, r.fail(step, ServingUnfinished, err)
	}
	if fn == nil || r.removeFunction(ctx, fn.Identifier()) {
		r.removeCode(ctx)
	}
	serving := ServingNothing
	if rivaled(err) {
		serving = r.nowServing(ctx)
	}
	return nil, r.fail(step, serving, err)
}

// putUp creates a function and waits until it is Ready. With an error the function is the one created, or nil.
func (r *run) putUp(ctx context.Context, write functions.FunctionWrite, file int64) (*functions.Function, Step, error) {
	r.report(StepCreate, "creating "+*write.ExternalID)
	fn, err := r.make(ctx, write, file)
	if err != nil {
		return nil, StepCreate, err
	}
	r.report(StepBuild, "waiting until "+*write.ExternalID+" is ready")
	ready, err := fn.WaitReady(ctx)
	if err != nil {
		return fn, StepBuild, err
	}
	return ready, StepBuild, nil
}

// make creates a function. When the answer was lost, it looks whether the function is there.
func (r *run) make(ctx context.Context, write functions.FunctionWrite, file int64) (*functions.Function, error) {
	ctx, cancel := settled(ctx)
	defer cancel()
	// Plan has checked the fields unless the Spec says otherwise, and what is restored was taken by the service before.
	fn, err := r.client.Create(ctx, write, functions.FileID(file), functions.WithoutValidation())
	if err == nil {
		r.made = append(r.made, fn.ID)
	}
	if err == nil || refused(err) {
		return fn, err
	}
	found, lookup := r.client.Retrieve(ctx, functions.ExternalID(*write.ExternalID))
	if lookup == nil && found.FileID == file {
		r.made = append(r.made, found.ID)
		return found, nil
	}
	if lookup == nil || errors.Is(lookup, functions.ErrNotFound) {
		return nil, err
	}
	// Nobody knows whether it is there, so it counts as left behind.
	r.left.Functions = append(r.left.Functions, functions.ExternalID(*write.ExternalID))
	return nil, err
}

// unfinished tells that a function is being built and that nobody knows how that will end: ctx ended, or the service
// could not be asked. Only a build that failed, or a function that is gone, is a reason to go back.
func unfinished(step Step, err error) bool {
	_, failed := errors.AsType[*functions.DeployError](err)
	return step == StepBuild && !failed && !errors.Is(err, functions.ErrNotFound)
}

// refused tells that the service did not do what it was asked for. After other errors it may have done so.
func refused(err error) bool {
	api, ok := errors.AsType[*functions.APIError](err)
	return ok && api.StatusCode < http.StatusInternalServerError || errors.Is(err, functions.ErrInvalid)
}

// settled is a context for requests that must be sent although ctx has ended.
func settled(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settleTime)
}

func (r *run) report(step Step, text string) {
	r.progress(Event{ExternalID: r.externalID, Step: step, Text: text})
}

// fail makes the error that says what the state of things is.
func (r *run) fail(step Step, serving Serving, err error) error {
	e := r.left
	e.ExternalID, e.Step, e.Serving, e.Err = r.externalID, step, serving, err
	if build, ok := errors.AsType[*functions.DeployError](err); ok {
		e.Trace = build.Trace
	}
	return &e
}

// removeFunction deletes a function that serves nobody. Deleting twice does no harm, so an answer that was lost is no
// obstacle.
func (r *run) removeFunction(ctx context.Context, id functions.Identifier) bool {
	ctx, cancel := settled(ctx)
	defer cancel()
	if again(func() error { return r.client.Delete(ctx, []functions.Identifier{id}, true) }) != nil {
		r.left.Functions = append(r.left.Functions, id)
		return false
	}
	return true
}

// removeFile deletes a file that nobody needs; one that is gone is fine.
func (r *run) removeFile(ctx context.Context, id functions.Identifier) {
	ctx, cancel := settled(ctx)
	defer cancel()
	err := again(func() error { return r.client.Files.Delete(ctx, id) })
	if err != nil && !errors.Is(err, functions.ErrNotFound) {
		r.left.Files = append(r.left.Files, id)
	}
}

// again does what may be done twice a second time if the first answer does not tell that it was refused.
func again(do func() error) error {
	err := do()
	if err == nil || refused(err) {
		return err
	}
	return do()
}
