package functions

import (
	"fmt"
	"log/slog"
)

const redacted = "***"

// Secret is a text that must not be seen: it prints as three stars with package fmt, in logs and in JSON. Convert it
// with string(s) where the text itself is needed. Mind that package fmt asks no unexported field how it wants to be shown:
// a struct with a Secret in one needs a String method of its own.
type Secret string

// String returns three stars.
func (Secret) String() string { return redacted }

// GoString returns three stars, for the %#v verb.
func (Secret) GoString() string { return redacted }

// LogValue returns three stars, for package slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns three stars, for JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format writes three stars, for every verb of package fmt.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// Secrets are the secrets of a function by their keys, hidden wherever they are shown. Programs that hold secrets in
// values of their own can keep them so until the function is made:
//
//	functions.FunctionWrite{Name: "hello", Secrets: secrets.Reveal()}
type Secrets map[string]Secret

// Reveal returns the texts themselves, as FunctionWrite takes them.
func (s Secrets) Reveal() map[string]string {
	texts := make(map[string]string, len(s))
	for key, secret := range s {
		texts[key] = string(secret)
	}
	return texts
}
