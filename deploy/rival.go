package deploy

import (
	"context"
	"errors"
	"slices"

	functions "github.com/cogfn/cogfn/wrapper"
)

// rivaled tells that a failure may be another deployment's doing, so that nothing is known about what serves.
func rivaled(err error) bool {
	return slices.ContainsFunc([]error{ErrBusy, ErrStale, functions.ErrDuplicated, functions.ErrNotFound}, func(target error) bool {
		return errors.Is(err, target)
	})
}

// nowServing looks what serves after another deployment got in the way.
func (r *run) nowServing(ctx context.Context) Serving {
	current, err := r.look(ctx, r.externalID)
	switch {
	case errors.Is(err, functions.ErrNotFound):
		return ServingNothing
	case err == nil && current.ID == idOf(r.old):
		return ServingOld
	}
	return ServingUnknown
}

// removeCode deletes the code file if it was uploaded for the function that did not come about. Another deployment of the
// same code may have found the file in the meantime: then the file stays.
func (r *run) removeCode(ctx context.Context) {
	if !r.code.fresh {
		return
	}
	// The other deployment has its trial until its function is there, so looking in this order misses neither.
	for _, externalID := range []string{r.trialID(), r.externalID} {
		fn, err := r.look(ctx, externalID)
		if errors.Is(err, functions.ErrNotFound) {
			continue
		}
		used := err == nil && fn.FileID == r.code.id && !slices.Contains(r.made, fn.ID)
		if err != nil || used && slices.Contains(r.left.Functions, functions.ExternalID(externalID)) {
			r.left.Files = append(r.left.Files, functions.ID(r.code.id)) // nobody knows whose it is
		}
		if err != nil || used {
			return
		}
	}
	r.removeFile(ctx, functions.ID(r.code.id))
}

// look retrieves a function although ctx may have ended.
func (r *run) look(ctx context.Context, externalID string) (fn *functions.Function, err error) {
	ctx, cancel := settled(ctx)
	defer cancel()
	err = again(func() error {
		fn, err = r.client.Retrieve(ctx, functions.ExternalID(externalID))
		return err
	})
	return fn, err
}
