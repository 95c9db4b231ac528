package deploy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/schedule"
	functions "github.com/cogfn/cogfn/wrapper"
)

// detachedTimeout bounds each request that is sent although the context has ended.
const detachedTimeout = 2 * time.Minute

// run is one deployment or rollback.
type run struct {
	options

	client     *functions.Client
	externalID string
	old        *functions.Function     // nil if nothing is deployed
	write      functions.FunctionWrite // the new function, with its record
	code       codeFile
	drop       []int64             // code files to delete at the end
	key        functions.Secret    // the key of the digests; empty for a rollback without a key
	trial      *functions.Function // nil if none was created
	created    []int64             // the functions that this run created
	saved      []schedule.Saved    // the schedules of the old function
	oldUnknown bool                // whether the old function still exists is unknown
	failure    Error               // what could not be removed or restored
}

// codeFile is the file with the code of the new function.
type codeFile struct {
	id int64
	// uploaded reports whether this run uploaded the file and may delete it.
	uploaded bool
}

// Deploy carries out the changes of [Plan], waits until the function is Ready, and returns it. If nothing has to change, it
// waits for the deployed function. The package documentation describes the steps of a replacement.
//
// Builds take minutes on the real service. If ctx ends, Deploy stops waiting, but still puts a function in place and cleans
// up.
//
// Errors:
//   - [ErrStale]: the function has changed since Plan. Nothing was done.
//   - *[Error]: a step failed. The new function is returned with the error if it is in place: if only schedules or the
//     cleanup failed, or if ctx ended during the last build.
//   - Errors of the client, if the deployed function cannot be read. Nothing was done.
//
// Capabilities: functionsAcl:READ, functionsAcl:WRITE, filesAcl:READ, filesAcl:WRITE; with schedules also those to create
// a session.
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
	r := &run{options: newOptions(opts), client: client, externalID: changes.ExternalID, old: current}
	if err := r.upload(ctx, changes.prepared); err != nil {
		return nil, err
	}
	r.setWrite(changes.prepared)
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

// setWrite sets the function to create, including its record.
func (r *run) setWrite(p *prepared) {
	var rec record
	if r.old != nil {
		rec = recordOf(r.old)
	}
	rec.versions, r.drop = rec.promote(Version{FileID: r.code.id, Code: p.code.ContentSHA256[:hashDigits]}, p.spec.keepFiles())
	r.key = p.spec.SecretsKey
	rec.settings = digests(p.spec.Function, r.key)
	r.write = p.spec.Function
	r.write.Metadata = rec.addTo(r.write.Metadata)
}

// initialServing returns what serves calls before this run changes anything.
func (r *run) initialServing() Serving {
	if r.old == nil {
		return ServingNothing
	}
	return ServingOld
}

// create creates a function where none is deployed.
func (r *run) create(ctx context.Context) (*functions.Function, error) {
	if ctx.Err() != nil {
		r.removeCode(ctx)
		return nil, r.fail(StepCreate, ServingNothing, context.Cause(ctx))
	}
	fn, step, err := r.createAndWait(ctx, r.write, r.code.id)
	if err == nil {
		return fn, nil
	}
	if stillBuilding(step, err) {
		return fn, r.fail(step, ServingBuilding, err)
	}
	if fn == nil || r.removeFunction(ctx, fn.Identifier()) {
		r.removeCode(ctx)
	}
	serving := ServingNothing
	if isConflict(err) {
		serving = r.currentServing(ctx)
	}
	return nil, r.fail(step, serving, err)
}

// createAndWait creates a function and waits until it is Ready. With an error, it returns the created function or nil.
func (r *run) createAndWait(ctx context.Context, write functions.FunctionWrite, file int64) (*functions.Function, Step, error) {
	r.report(StepCreate, "creating "+*write.ExternalID)
	fn, err := r.createFunction(ctx, write, file)
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

// createFunction creates a function. If the response was lost, it looks the function up.
func (r *run) createFunction(ctx context.Context, write functions.FunctionWrite, file int64) (*functions.Function, error) {
	ctx, cancel := detach(ctx)
	defer cancel()
	// Plan has validated the fields, unless SkipValidation is set. The service has accepted a restored function before.
	fn, err := r.client.Create(ctx, write, functions.FileID(file), functions.WithoutValidation())
	if err == nil {
		r.created = append(r.created, fn.ID)
	}
	if err == nil || rejected(err) {
		return fn, err
	}
	found, lookupErr := r.client.Retrieve(ctx, functions.ExternalID(*write.ExternalID))
	if lookupErr == nil && found.FileID == file {
		r.created = append(r.created, found.ID)
		return found, nil
	}
	if lookupErr == nil || errors.Is(lookupErr, functions.ErrNotFound) {
		return nil, err
	}
	// The function may exist, so the error lists it.
	r.failure.Functions = append(r.failure.Functions, functions.ExternalID(*write.ExternalID))
	return nil, err
}

// stillBuilding reports whether the result of a build is unknown, because ctx ended or the service could not be reached.
// Only a failed build or a missing function is a reason to restore.
func stillBuilding(step Step, err error) bool {
	_, failed := errors.AsType[*functions.DeployError](err)
	return step == StepBuild && !failed && !errors.Is(err, functions.ErrNotFound)
}

// rejected reports whether the service certainly did not carry out a request. After other errors it may have done so.
func rejected(err error) bool {
	api, ok := errors.AsType[*functions.APIError](err)
	return ok && api.StatusCode < http.StatusInternalServerError || errors.Is(err, functions.ErrInvalid)
}

// detach returns a context for requests that must be sent even if ctx has ended.
func detach(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), detachedTimeout)
}

func (r *run) report(step Step, text string) {
	r.progress(Event{ExternalID: r.externalID, Step: step, Text: text})
}

// fail returns the *Error of this run.
func (r *run) fail(step Step, serving Serving, err error) error {
	e := r.failure
	e.ExternalID, e.Step, e.Serving, e.Err = r.externalID, step, serving, err
	if build, ok := errors.AsType[*functions.DeployError](err); ok {
		e.Trace = build.Trace
	}
	return &e
}

// removeFunction deletes a function that serves no calls and reports whether it no longer exists.
func (r *run) removeFunction(ctx context.Context, id functions.Identifier) bool {
	ctx, cancel := detach(ctx)
	defer cancel()
	if retryOnce(func() error { return r.client.Delete(ctx, []functions.Identifier{id}, functions.IgnoreUnknown()) }) != nil {
		r.failure.Functions = append(r.failure.Functions, id)
		return false
	}
	return true
}

// removeFile deletes a file. A missing file is not a failure.
func (r *run) removeFile(ctx context.Context, id functions.Identifier) {
	ctx, cancel := detach(ctx)
	defer cancel()
	err := retryOnce(func() error { return r.client.Files.Delete(ctx, []functions.Identifier{id}) })
	if err != nil && !errors.Is(err, functions.ErrNotFound) {
		r.failure.Files = append(r.failure.Files, id)
	}
}

// retryOnce retries an idempotent request unless the service rejected it.
func retryOnce(do func() error) error {
	err := do()
	if err == nil || rejected(err) {
		return err
	}
	return do()
}
