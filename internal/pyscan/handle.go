package pyscan

import (
	"slices"
	"strings"
)

// entry is the name of the function that the service calls.
const entry = "handle"

// arguments are the names of the arguments that the service can pass. It passes them by name.
var arguments = []string{"data", "client", "secrets", "function_call_info"}

const argumentList = "data, client, secrets and function_call_info"

// lastBinding returns the last statement that binds name, or nil if name is unbound after the file has run.
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

// checkHandle applies the service's rules to the last binding of handle. It accepts assignments, imports and classes,
// because their values are known only after the file has run.
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
		return errorAt(b.line, `handle is an async function; use "def handle" without async`)
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
	others := ""
	if len(found) > 0 {
		others = " (found: " + strings.Join(found, ", ") + ")"
	}
	return errorAt(0, `the file has no top-level function named handle%s; add one, such as "def handle(data)"`, others)
}

// checkParams rejects parameters that the service does not pass by name. Like the official Python SDK, it also checks
// decorated functions, because most decorators keep the parameters. If a decorator changes them, users can write
// "handle = decorate(f)" instead.
func (f *function) checkParams() *Error {
	for _, p := range f.params {
		switch {
		case p.kind == restOfPositional || p.kind == restOfNames:
			stars := "*"
			if p.kind == restOfNames {
				stars = "**"
			}
			return errorAt(p.line, "handle has the parameter %s%s; list the arguments that it needs instead, from %s", stars, p.name, argumentList)
		case !slices.Contains(arguments, p.name):
			return errorAt(p.line, `handle has an argument "%s" that the service does not pass; use only %s`, p.name, argumentList)
		case p.kind == byPosition:
			return errorAt(p.line, `the argument "%s" of handle is positional-only, but the service passes it by name; remove the "/"`, p.name)
		}
	}
	return nil
}
