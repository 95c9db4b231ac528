package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// masked is the JSON of what the service returns instead of a secret.
const masked = `"***"`

// difference says how a setting differs from the one that was deployed. Of objects it shows the keys only, as their values
// may be private. Of a setting that is neither an object nor printed it shows nothing.
func (s setting) difference(was, is json.RawMessage) string {
	if slices.Contains(printedSettings, s.name) && len(was) > 0 {
		return fmt.Sprintf("was %s, is %s", was, is)
	}
	var after map[string]json.RawMessage
	if s.withheld || json.Unmarshal(is, &after) != nil {
		return "differs"
	}
	var before map[string]json.RawMessage
	if json.Unmarshal(was, &before) != nil {
		before = nil // the service returned none
	}
	return keysThatDiffer(before, after)
}

func keysThatDiffer(was, is map[string]json.RawMessage) string {
	var texts []string
	keys := map[string]json.RawMessage{}
	maps.Copy(keys, was)
	maps.Copy(keys, is)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		before, had := was[key]
		after, has := is[key]
		switch {
		case !had:
			texts = append(texts, key+" is new")
		case !has:
			texts = append(texts, key+" is gone")
		case string(before) != string(after) && string(before) != masked:
			texts = append(texts, key+" has another value")
		}
	}
	if len(texts) == 0 {
		return "a value or the key of the digest differs"
	}
	return strings.Join(texts, ", ")
}
