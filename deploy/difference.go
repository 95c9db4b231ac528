package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// difference says how a setting differs from the one that was deployed. Maps show their keys alone, as their values may be
// nobody's business, and index URLs nothing.
func difference(was, is any) string {
	switch is := is.(type) {
	case map[string]string:
		shown, _ := was.(map[string]string)
		return keysThatDiffer(shown, is)
	case []string:
		return "differ"
	}
	before, after := encoded(was), encoded(is)
	if before == "null" {
		return "differs" // the service does not show it
	}
	return fmt.Sprintf("was %s, is %s", before, after)
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return string(text)
}

func keysThatDiffer(was, is map[string]string) string {
	var texts []string
	keys := maps.Clone(was)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, is)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		before, had := was[key]
		after, has := is[key]
		switch {
		case strings.HasPrefix(key, metadataPrefix):
		case !had:
			texts = append(texts, key+" is new")
		case !has:
			texts = append(texts, key+" is gone")
		case before != after && before != masked:
			texts = append(texts, key+" has another value")
		}
	}
	if len(texts) == 0 {
		return "a value or the key of the digest differs"
	}
	return strings.Join(texts, ", ")
}

// masked is what the service shows instead of a secret.
const masked = "***"

// plain returns the secrets as the texts that they are: those of type Secret would all encode alike.
func plain(w functions.FunctionWrite) map[string]string {
	return maps.Clone(w.Secrets)
}
