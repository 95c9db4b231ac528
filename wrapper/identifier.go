package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cogfn/cogfn/gen"
)

// Identifier identifies a function or a file by its id or by its external id. Make one with [ID] or [ExternalID]. Methods
// reject the zero Identifier.
type Identifier struct {
	id         int64
	externalID string
}

// ID identifies by the id that the service assigned, a number from 1 to 2^53-1.
func ID(id int64) Identifier { return Identifier{id: id} }

// ExternalID identifies by the external id that the user chose, a string of 1 to 255 characters.
func ExternalID(externalID string) Identifier { return Identifier{externalID: externalID} }

// String returns "id 42" or "external id my-function".
func (i Identifier) String() string {
	if i.externalID != "" {
		return "external id " + i.externalID
	}
	return "id " + strconv.FormatInt(i.id, 10)
}

func (i Identifier) check() error {
	switch {
	case i == Identifier{}:
		return &ArgumentError{Field: "identifier", Rule: "is empty; use functions.ID or functions.ExternalID"}
	case i.externalID == "" && !validID(i.id):
		return &ArgumentError{Field: "id", Rule: fmt.Sprintf("is %d; %s", i.id, idRange)}
	case utf8.RuneCountInString(i.externalID) > gen.ExternalIDMaxLength:
		return &ArgumentError{Field: "external id", Rule: fmt.Sprintf("has more than %d characters", gen.ExternalIDMaxLength)}
	}
	return nil
}

var idRange = fmt.Sprintf("ids are between 1 and %d", int64(gen.InternalIDMaximum))

func validID(id int64) bool { return id >= 1 && id <= gen.InternalIDMaximum }

// checkIDs rejects ids outside the range of the API before a request is sent. Usually the caller did not set a field.
func checkIDs(what string, ids ...int64) error {
	for _, id := range ids {
		if !validID(id) {
			return &ArgumentError{Field: what, Rule: fmt.Sprintf("is %d; %s", id, idRange)}
		}
	}
	return nil
}

func (i Identifier) reference() (ref gen.FunctionReference, err error) {
	if i.externalID != "" {
		err = ref.FromFunctionExternalIDReference(gen.FunctionExternalIDReference{ExternalID: i.externalID})
		return ref, err
	}
	err = ref.FromFunctionIDReference(gen.FunctionIDReference{ID: i.id})
	return ref, err
}

// references checks and converts identifiers.
func references(ids []Identifier) (gen.FunctionReferences, error) {
	refs := make(gen.FunctionReferences, 0, len(ids))
	for _, id := range ids {
		if err := id.check(); err != nil {
			return nil, err
		}
		ref, err := id.reference()
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// IDsOption changes how methods that take ids treat them: RetrieveMultiple and Delete.
type IDsOption func(*idsOptions)

type idsOptions struct{ ignoreUnknown bool }

// IgnoreUnknown skips ids that do not exist. Without it, an unknown id is an error that matches [ErrNotFound].
func IgnoreUnknown() IDsOption { return func(o *idsOptions) { o.ignoreUnknown = true } }

func idsSettings(opts []IDsOption) (o idsOptions) {
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// listed names the resources of a request in an error: one by its id, several by their number. Most requests succeed, so the
// text is made on demand.
func listed[T any](kind string, ids []T) fmt.Stringer { return resources[T]{kind, ids} }

type resources[T any] struct {
	kind string
	ids  []T
}

// String returns the text.
func (r resources[T]) String() string {
	if len(r.ids) != 1 {
		return fmt.Sprintf("%d %ss", len(r.ids), r.kind)
	}
	if id, ok := any(r.ids[0]).(Identifier); ok {
		return fmt.Sprintf("the %s with %v", r.kind, id)
	}
	return fmt.Sprintf("the %s with id %v", r.kind, r.ids[0])
}

// unique returns the ids without duplicates, in their order. The API rejects requests with duplicate ids.
func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		duplicate := seen[id]
		seen[id] = true
		return duplicate
	})
}

// inOrder sorts the found items by the order of ids. It also returns the ids without an item.
func inOrder[T any](ids []int64, found []*T, idOf func(*T) int64) (ordered []*T, missing []int64) {
	byID := make(map[int64]*T, len(found))
	for _, item := range found {
		byID[idOf(item)] = item
	}
	ordered = make([]*T, 0, len(ids))
	for _, id := range ids {
		if item := byID[id]; item != nil {
			ordered = append(ordered, item)
		} else {
			missing = append(missing, id)
		}
	}
	return ordered, missing
}

// joinIDs formats ids for an error.
func joinIDs(ids []int64) string {
	return strings.Join(each(ids, func(id int64) string { return strconv.FormatInt(id, 10) }), ", ")
}

// idCache maps external ids to ids, because calls take ids only.
type idCache struct{ ids sync.Map }

func (c *idCache) store(fn *gen.Function) {
	if fn.ExternalID != nil {
		c.ids.Store(*fn.ExternalID, fn.ID)
	}
}

func (c *idCache) forget(ids ...Identifier) {
	for _, id := range ids {
		c.ids.Delete(id.externalID)
		if id.id != 0 {
			c.ids.Range(func(key, value any) bool {
				if value == id.id {
					c.ids.Delete(key)
				}
				return true
			})
		}
	}
}

// withFunctionID runs do with the id of a function. A cached id can be stale, because another process may have deleted the
// function and created it again. When the service rejects a cached id, withFunctionID resolves the external id again and
// runs do once more if the id has changed. A rejected request had no effect, so nothing happens twice.
func withFunctionID[T any](ctx context.Context, c *Client, fn Identifier, do func(id int64) (T, error)) (T, error) {
	var none T
	if err := fn.check(); err != nil {
		return none, err
	}
	if fn.externalID == "" {
		return do(fn.id)
	}
	if cached, ok := c.ids.ids.Load(fn.externalID); ok {
		id, _ := cached.(int64)
		v, err := do(id)
		if ctx.Err() != nil || !rejectsID(err) {
			return v, err
		}
		c.ids.forget(fn)
		found, lookup := c.Retrieve(ctx, fn)
		switch {
		case errors.Is(lookup, ErrNotFound):
			return none, lookup // clearer than the rejection of an id that the caller never saw
		case lookup != nil || found.ID == id:
			return v, err
		}
		return do(found.ID)
	}
	found, err := c.Retrieve(ctx, fn)
	if err != nil {
		return none, err
	}
	return do(found.ID)
}

// FunctionID returns the id of a function. It returns an id unchanged, without a request. It resolves an external id once
// and caches the result, as the methods for calls do.
//
// Resolving an external id requires functionsAcl:READ.
func (c *Client) FunctionID(ctx context.Context, fn Identifier) (int64, error) {
	return withFunctionID(ctx, c, fn, func(id int64) (int64, error) { return id, nil })
}

// rejectsID reports whether the service rejected a request, possibly because an id in it is unknown. The reference
// documents only 400 for that case. After a status from 500, the request may have had an effect.
func rejectsID(err error) bool {
	if _, ok := errors.AsType[*NotFoundError](err); ok {
		return true
	}
	api, ok := errors.AsType[*APIError](err)
	return ok && api.StatusCode < http.StatusInternalServerError && (api.StatusCode == http.StatusBadRequest || errors.Is(api, ErrNotFound))
}
