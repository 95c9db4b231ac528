package service

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// reference is a function or a file as a request names it: by one of the three.
type reference struct {
	ID         int64           `json:"id"`
	ExternalID *string         `json:"externalId"`
	InstanceID *gen.InstanceID `json:"instanceId"`
}

// references reads the generated union types, whose members stay hidden otherwise.
func references[T json.Marshaler](items []T) ([]reference, error) {
	all := make([]reference, len(items))
	for i, item := range items {
		text, err := item.MarshalJSON()
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &all[i]); err != nil {
			return nil, envelope.Undecodable(fmt.Errorf("read items.%d: %w", i, err))
		}
	}
	return all, nil
}

// as writes the reference for an error's list of missing ids. The key of an external id differs between services.
func (r reference) as(externalIDKey string) map[string]any {
	switch {
	case r.ExternalID != nil:
		return map[string]any{externalIDKey: *r.ExternalID}
	case r.InstanceID != nil:
		return map[string]any{"instanceId": *r.InstanceID}
	}
	return map[string]any{"id": r.ID}
}

// named is how a kind of thing is named: in errors, and by its users.
type named[T any] struct {
	what, externalIDKey string
	externalID          func(*T) *string
}

// resolve returns what the references name, in their order.
func (n named[T]) resolve(table store.Table[T], wanted []reference, ignoreUnknown bool) ([]*T, error) {
	var found []*T
	var unknown []map[string]any
	for _, ref := range wanted {
		one, err := n.find(table, ref)
		switch {
		case err != nil:
			return nil, err
		case one == nil:
			unknown = append(unknown, ref.as(n.externalIDKey))
		default:
			found = append(found, one)
		}
	}
	if len(unknown) > 0 && !ignoreUnknown {
		return nil, missing(n.what, unknown...)
	}
	return found, nil
}

// find returns what a reference names, or nil. The emulator has no data modeling, so nothing has an instance id.
func (n named[T]) find(table store.Table[T], ref reference) (*T, error) {
	if ref.ExternalID == nil {
		return table.Get(ref.ID)
	}
	for _, row := range table.Oldest() {
		if row.Err != nil {
			return nil, row.Err
		}
		if id := n.externalID(row.Value); id != nil && *id == *ref.ExternalID {
			return row.Value, nil
		}
	}
	return nil, nil // absence is an ordinary answer here
}

// byIDs returns values in the order asked for.
func byIDs[T any](table store.Table[T], what string, ids []int64, ignoreUnknown bool) ([]*T, error) {
	var found []*T
	var unknown []map[string]any
	for _, id := range ids {
		one, err := table.Get(id)
		switch {
		case err != nil:
			return nil, err
		case one == nil:
			unknown = append(unknown, map[string]any{"id": id})
		default:
			found = append(found, one)
		}
	}
	if len(unknown) > 0 && !ignoreUnknown {
		return nil, missing(what, unknown...)
	}
	return found, nil
}

// missing makes the error for ids that do not exist. Only 400 is documented for them.
func missing(what string, ids ...map[string]any) *envelope.Error {
	problem := envelope.BadRequest("%s not found: %s", what, idWords(ids))
	problem.Missing = ids
	return problem
}

func missingID(what string, id int64) *envelope.Error {
	return missing(what, map[string]any{"id": id})
}

func idWords(ids []map[string]any) string {
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
