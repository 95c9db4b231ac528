package pyscan

import (
	"slices"
	"strings"
)

// entry is the name that the service calls.
const entry = "handle"

// passed lists the arguments that the service passes, by name, to a handle that takes them.
var passed = []string{"data", "client", "secrets", "function_call_info"}

const allowed = "data, client, secrets and function_call_info"

// lastBinding returns what name stands for when the file has run, or nil when it stands for nothing.
func (m *module) lastBinding(name string) *binding {
	for _, b := range slices.Backward(m.bindings) {
		if b.name == name {
			if b.removed {
				return nil
			}
			return &b
		}
	}
	return nil
}

// checkHandle applies the service's rules to the last binding of handle. What an assignment, an import or a class
// yields cannot be known without running the file, so these are accepted.
func (m *module) checkHandle() *Error {
	b := m.lastBinding(entry)
	switch {
	case b == nil && m.star:
		return nil
	case b == nil:
		return m.missingHandle()
	case b.function == nil:
		return nil
	case b.function.async:
		return errorAt(b.line, `handle is an async function; use a plain "def handle"`)
	default:
		return b.function.checkParams()
	}
}

func (m *module) missingHandle() *Error {
	var found []string
	for _, f := range m.functions {
		if !slices.Contains(found, f.name) {
			found = append(found, f.name)
		}
	}
	hint := ""
	if len(found) > 0 {
		hint = " (found: " + strings.Join(found, ", ") + ")"
	}
	return errorAt(0, `no top-level function named handle%s; add one, such as "def handle(data)"`, hint)
}

// checkParams refuses parameters that the service would not fill by name. It looks at decorated functions too, as the
// official Python SDK does: a decorator normally keeps the arguments, and one that changes them can be
// written as an assignment, "handle = decorate(f)".
func (f *function) checkParams() *Error {
	for _, p := range f.params {
		switch {
		case p.kind == restOfPositional || p.kind == restOfNames:
			stars := "*"
			if p.kind == restOfNames {
				stars = "**"
			}
			return errorAt(p.line, "handle takes %s%s; name the arguments that it needs, out of %s", stars, p.name, allowed)
		case !slices.Contains(passed, p.name):
			return errorAt(p.line, `handle has an argument "%s" that the service does not pass; use only %s`, p.name, allowed)
		case p.kind == byPosition:
			return errorAt(p.line, `handle takes "%s" by position only, but the service passes it by name; remove the "/"`, p.name)
		}
	}
	return nil
}
