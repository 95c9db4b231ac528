package functions

import (
	"fmt"
	"log/slog"
)

const redacted = "***"

// Secret is a string that package fmt, package slog and JSON show as three asterisks. string(s) returns the value. Package
// fmt ignores the methods of unexported fields, so a struct with a Secret in an unexported field needs its own String
// method.
type Secret string

// String returns three asterisks.
func (Secret) String() string { return redacted }

// GoString returns three asterisks, for the %#v verb.
func (Secret) GoString() string { return redacted }

// LogValue returns three asterisks, for package slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns three asterisks, for JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format writes three asterisks, for every verb of package fmt.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// Secrets are the secrets of a function by key. Programs can keep secrets in this type until they create the function:
//
//	functions.FunctionWrite{Name: "hello", Secrets: secrets.Reveal()}
type Secrets map[string]Secret

// Reveal returns the values for FunctionWrite.
func (s Secrets) Reveal() map[string]string {
	values := make(map[string]string, len(s))
	for key, secret := range s {
		values[key] = string(secret)
	}
	return values
}
