package service

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// reference is a reference to a resource in a request. One of its fields is set.
type reference struct {
	ID         int64           `json:"id"`
	ExternalID *string         `json:"externalId"`
	InstanceID *gen.InstanceID `json:"instanceId"`
}

// references decodes items of a generated union type, whose fields are not exported.
func references[T json.Marshaler](items []T) ([]reference, error) {
	all := make([]reference, len(items))
	for i, item := range items {
		encoded, err := item.MarshalJSON()
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(encoded, &all[i]); err != nil {
			return nil, envelope.Undecodable(fmt.Errorf("read items.%d: %w", i, err))
		}
	}
	return all, nil
}

// missing returns the reference for the list of missing ids in an error.
func (ref reference) missing(externalIDKey string) map[string]any {
	switch {
	case ref.ExternalID != nil:
		return map[string]any{externalIDKey: *ref.ExternalID}
	case ref.InstanceID != nil:
		return map[string]any{"instanceId": *ref.InstanceID}
	}
	return map[string]any{"id": ref.ID}
}

// resource describes a type of resource: its name and the key of external ids in errors, and its external ids.
type resource[T any] struct {
	name, externalIDKey string
	externalID          func(*T) *string
}

// The key of an external id in errors differs: functions have snake case, files camel case.
var (
	functionResource = resource[store.Function]{"function", "external_id", func(f *store.Function) *string { return f.Write.ExternalID }}
	fileResource     = resource[store.File]{"file", "externalId", func(f *store.File) *string { return f.Write.ExternalID }}
)

// byReferences returns the resources of the items of a request in their order.
func byReferences[T any, Item json.Marshaler](r resource[T], table store.Table[T], items []Item, ignoreUnknown bool) ([]*T, error) {
	wanted, err := references(items)
	if err != nil {
		return nil, err
	}
	return r.resolve(table, wanted, ignoreUnknown)
}

// resolve returns the resources of references in their order.
func (r resource[T]) resolve(table store.Table[T], wanted []reference, ignoreUnknown bool) ([]*T, error) {
	var found []*T
	var unknown []map[string]any
	for _, ref := range wanted {
		one, err := r.find(table, ref)
		switch {
		case err != nil:
			return nil, err
		case one == nil:
			unknown = append(unknown, ref.missing(r.externalIDKey))
		default:
			found = append(found, one)
		}
	}
	if len(unknown) > 0 && !ignoreUnknown {
		return nil, missing(r.name, unknown...)
	}
	return found, nil
}

// find returns the resource of a reference, or nil. The emulator has no data modeling, so no resource has an instance id.
func (r resource[T]) find(table store.Table[T], ref reference) (*T, error) {
	if ref.ExternalID == nil {
		return table.Get(ref.ID)
	}
	for _, row := range table.Oldest() {
		if row.Err != nil {
			return nil, row.Err
		}
		if id := r.externalID(row.Value); id != nil && *id == *ref.ExternalID {
			return row.Value, nil
		}
	}
	return nil, nil // an unknown external id is not an error
}

// withID is a generated item of a request that consists of an id.
type withID = struct {
	ID gen.InternalID `json:"id"`
}

// byIDs returns resources by id in the order of the items. name is the name of the resource in errors.
func byIDs[T any, Item ~withID](table store.Table[T], name string, items []Item, ignoreUnknown bool) ([]*T, error) {
	wanted := make([]reference, len(items))
	for i, item := range items {
		wanted[i].ID = withID(item).ID
	}
	return resource[T]{name: name}.resolve(table, wanted, ignoreUnknown)
}

// missing returns the error for resources that do not exist. Its status is 400, the only documented one.
func missing(name string, ids ...map[string]any) *envelope.Error {
	problem := envelope.BadRequest("%s not found: %s", name, formatIDs(ids))
	problem.Missing = ids
	return problem
}

// byID returns a resource, or the error for an unknown one. name is the name of the resource in errors.
func byID[T any](table store.Table[T], name string, id int64) (*T, error) {
	found, err := table.Get(id)
	if err == nil && found == nil {
		err = missing(name, map[string]any{"id": id})
	}
	return found, err
}

// formatIDs formats the first ids for an error message.
func formatIDs(ids []map[string]any) string {
	const most = 5
	var words []string
	for _, id := range ids[:min(len(ids), most)] {
		for key, value := range id {
			words = append(words, fmt.Sprintf("%s %v", key, value))
		}
	}
	if len(ids) > most {
		words = append(words, fmt.Sprintf("and %d more", len(ids)-most))
	}
	return strings.Join(words, ", ")
}
