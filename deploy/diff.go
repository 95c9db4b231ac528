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

// diff describes how a setting differs from the deployed one. It shows values of printed settings only. Of an object it
// shows the keys, because the values may be private.
func (s setting) diff(before, after json.RawMessage) string {
	if slices.Contains(printedSettings, s.name) && len(before) > 0 {
		return fmt.Sprintf("was %s, is %s", before, after)
	}
	var afterPairs map[string]json.RawMessage
	if s.withheld || json.Unmarshal(after, &afterPairs) != nil {
		return "differs"
	}
	var beforePairs map[string]json.RawMessage
	if json.Unmarshal(before, &beforePairs) != nil {
		beforePairs = nil // the service returned none
	}
	return diffPairs(beforePairs, afterPairs)
}

func diffPairs(before, after map[string]json.RawMessage) string {
	var texts []string
	keys := map[string]json.RawMessage{}
	maps.Copy(keys, before)
	maps.Copy(keys, after)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		oldValue, inBefore := before[key]
		newValue, inAfter := after[key]
		switch {
		case !inBefore:
			texts = append(texts, key+" is added")
		case !inAfter:
			texts = append(texts, key+" is removed")
		case string(oldValue) != string(newValue) && string(oldValue) != masked:
			texts = append(texts, key+" has another value")
		}
	}
	if len(texts) == 0 {
		return "a value or SecretsKey differs"
	}
	return strings.Join(texts, ", ")
}
