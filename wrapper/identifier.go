package functions

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/cogfn/cogfn/gen"
)

// Identifier names a function (or a file) by the id that the service gave it or by the external id that its user chose.
// Make one with ID or ExternalID; the zero Identifier names nothing and is refused.
type Identifier struct {
	id         int64
	externalID string
}

// ID identifies by the service's id, a number from 1 to 2^53-1.
func ID(id int64) Identifier { return Identifier{id: id} }

// ExternalID identifies by the user's own id, a text of 1 to 255 characters.
func ExternalID(externalID string) Identifier { return Identifier{externalID: externalID} }

// String shows the identifier for people: "id 42" or "external id my-function".
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
	case i.externalID == "" && !possibleID(i.id):
		return &ArgumentError{Field: "id", Rule: fmt.Sprintf("is %d; %s", i.id, idRange)}
	case utf8.RuneCountInString(i.externalID) > gen.ExternalIDMaxLength:
		return &ArgumentError{Field: "external id", Rule: fmt.Sprintf("has more than %d characters", gen.ExternalIDMaxLength)}
	}
	return nil
}

var idRange = fmt.Sprintf("ids are between 1 and %d", int64(gen.InternalIDMaximum))

// possibleID tells whether the service can have given the id.
func possibleID(id int64) bool { return id >= 1 && id <= gen.InternalIDMaximum }

// checkIDs refuses ids that the service cannot have given, before anything is sent: most often a field was forgotten.
func checkIDs(what string, ids ...int64) error {
	for _, id := range ids {
		if !possibleID(id) {
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

// references checks and converts a list of identifiers.
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

// knownIDs remembers which id an external id stands for, since calls are made by id alone.
type knownIDs struct{ ids sync.Map }

func (k *knownIDs) remember(fn *gen.Function) {
	if fn.ExternalID != nil {
		k.ids.Store(*fn.ExternalID, fn.ID)
	}
}

func (k *knownIDs) forget(ids ...Identifier) {
	for _, id := range ids {
		k.ids.Delete(id.externalID)
		if id.id != 0 {
			k.ids.Range(func(key, value any) bool {
				if value == id.id {
					k.ids.Delete(key)
				}
				return true
			})
		}
	}
}

// withFunctionID runs do with the id of a function. A remembered id may be stale: deploying anew means deleting and
// creating, and another process may have done so. So when the service refuses a remembered id, it is looked up again, and
// if it has changed, do runs once more; a refused request was not carried out, hence nothing happens twice.
func withFunctionID[T any](ctx context.Context, c *Client, fn Identifier, do func(id int64) (T, error)) (T, error) {
	var none T
	if err := fn.check(); err != nil {
		return none, err
	}
	if fn.externalID == "" {
		return do(fn.id)
	}
	if known, ok := c.ids.ids.Load(fn.externalID); ok {
		id, _ := known.(int64)
		v, err := do(id)
		if !refusedID(err) {
			return v, err
		}
		c.ids.forget(fn)
		found, lookup := c.Retrieve(ctx, fn)
		switch {
		case errors.Is(lookup, ErrNotFound):
			return none, lookup // says better what is wrong than the refusal of an id that the caller never saw
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

// FunctionID returns the id that an identifier stands for: an id as it is, without a request; an external id after a
// look-up, which the client remembers, as it does for calls.
func (c *Client) FunctionID(ctx context.Context, fn Identifier) (int64, error) {
	return withFunctionID(ctx, c, fn, func(id int64) (int64, error) { return id, nil })
}

// refusedID tells that err may mean an unknown function: the reference documents 400 alone for that.
func refusedID(err error) bool {
	api, ok := errors.AsType[*APIError](err)
	return ok && (api.StatusCode == http.StatusNotFound || api.StatusCode == http.StatusBadRequest)
}
