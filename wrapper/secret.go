package functions

import "log/slog"

const redacted = "***"

// Secret is a text that must not be seen: it prints as three stars with package fmt, in logs and in JSON. Convert it
// with string(s) where the text itself is needed.
type Secret string

// String returns three stars.
func (Secret) String() string { return redacted }

// GoString returns three stars, for the %#v verb.
func (Secret) GoString() string { return redacted }

// LogValue returns three stars, for package slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns three stars, for JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
