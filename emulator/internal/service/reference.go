package service

import (
	"encoding/json"

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
			return nil, err
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
