package functions

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/cogfn/cogfn/gen"
)

// FunctionWrite is a function to create. Its FileID may stay 0: Create fills it in from the source.
//
// Printed, logged or encoded as JSON, it shows three stars for each secret and hides all of a package index's address but
// the host, since paths and user names may be tokens. Only the request of Create holds them in clear; the fields
// themselves do as well, for programs to read. Mind that package fmt asks no unexported field how it wants to be shown: a
// struct with a FunctionWrite in one prints its secrets in clear, and needs a String method of its own.
type FunctionWrite gen.FunctionWrite

// Format shows the function as JSON with its secrets hidden, whatever the verb: all but %p, which package fmt keeps to
// itself.
func (w FunctionWrite) Format(f fmt.State, _ rune) {
	show(f, w, "function "+w.Name)
}

// show writes v as JSON, or otherwise if JSON has no text for a number in it.
func show(f fmt.State, v any, otherwise string) {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte(otherwise)
	}
	_, _ = f.Write(text)
}

// MarshalJSON encodes the function as the API has it, with its secrets hidden. Read back, it is refused by Create, which
// names what was hidden.
func (w FunctionWrite) MarshalJSON() ([]byte, error) {
	return json.Marshal(gen.FunctionWrite(w.hidden()))
}

// hidden returns a copy that may be shown.
func (w FunctionWrite) hidden() FunctionWrite {
	w.Secrets = maps.Clone(w.Secrets)
	for key := range w.Secrets {
		w.Secrets[key] = redacted
	}
	if w.IndexURL != nil {
		w.IndexURL = new(hiddenAddress(*w.IndexURL))
	}
	w.ExtraIndexURLs = slices.Clone(w.ExtraIndexURLs)
	for i, address := range w.ExtraIndexURLs {
		w.ExtraIndexURLs[i] = hiddenAddress(address)
	}
	return w
}

// hiddenAddress leaves of an address what cannot be a secret.
func hiddenAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return redacted
	}
	return u.Scheme + "://" + u.Host + "/" + redacted
}
