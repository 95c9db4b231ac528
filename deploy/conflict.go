package deploy

import (
	"context"
	"errors"
	"slices"

	functions "github.com/cogfn/cogfn/wrapper"
)

// isConflict reports whether another deployment of the same function may have caused a failure.
func isConflict(err error) bool {
	return slices.ContainsFunc([]error{ErrBusy, ErrStale, functions.ErrDuplicated, functions.ErrNotFound}, func(target error) bool {
		return errors.Is(err, target)
	})
}

// currentServing looks up what serves calls after a conflict.
func (r *run) currentServing(ctx context.Context) Serving {
	current, err := r.retrieve(ctx, r.externalID)
	switch {
	case errors.Is(err, functions.ErrNotFound):
		return ServingNothing
	case err == nil && current.ID == idOf(r.old):
		return ServingOld
	}
	return ServingUnknown
}

// removeCode deletes the code file if this run uploaded it and no other deployment uses it.
func (r *run) removeCode(ctx context.Context) {
	if !r.code.uploaded {
		return
	}
	// The other deployment keeps its trial until its function exists, so this order finds one of them.
	for _, externalID := range []string{r.trialID(), r.externalID} {
		fn, err := r.retrieve(ctx, externalID)
		if errors.Is(err, functions.ErrNotFound) {
			continue
		}
		used := err == nil && fn.FileID == r.code.id && !slices.Contains(r.created, fn.ID)
		if err != nil || used && slices.Contains(r.failure.Functions, functions.ExternalID(externalID)) {
			r.failure.Files = append(r.failure.Files, functions.ID(r.code.id)) // the owner is unknown
		}
		if err != nil || used {
			return
		}
	}
	r.removeFile(ctx, functions.ID(r.code.id))
}

// retrieve retrieves a function even if ctx has ended.
func (r *run) retrieve(ctx context.Context, externalID string) (fn *functions.Function, err error) {
	ctx, cancel := detach(ctx)
	defer cancel()
	err = retryOnce(func() error {
		fn, err = r.client.Retrieve(ctx, functions.ExternalID(externalID))
		return err
	})
	return fn, err
}
