package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Failure is one place where an exchange and the description differ.
type Failure struct {
	Exchange *exchange.Exchange
	// Operation is the operation's id, or method and path where there is none.
	Operation string
	// Side is "request", "response 200", or "tolerant response 200" where the description is read as an old client does.
	Side string
	// Pointer is a JSON pointer into the body, or the parameter: "/items/0/name", "query limit". "" is the whole side.
	Pointer string
	// Rule is what is broken: a keyword of the schema such as "maxLength", or "undeclared", "status", "operation".
	Rule string
	// Text says the same for people. It never repeats the value.
	Text string
}

// String names the cassette, the exchange, the operation, the place and the rule.
func (f Failure) String() string {
	place := f.Pointer
	if place == "" {
		place = "(whole)"
	}
	return fmt.Sprintf("%v: %s, %s, at %s: %s: %s", f.Exchange, f.Operation, f.Side, place, f.Rule, f.Text)
}

// found is a failure without its surroundings.
type found struct{ pointer, rule, text string }

// in puts failures into their surroundings.
func in(x *exchange.Exchange, operation, side string, all []found) []Failure {
	failures := make([]Failure, len(all))
	for i, f := range all {
		failures[i] = Failure{x, operation, side, f.pointer, f.rule, f.text}
	}
	return failures
}

// explain takes the validator's error apart. where is the parameter that it is about; "" means a body.
func explain(err error, where string) []found {
	switch e := err.(type) { //nolint:errorlint // each layer is taken off in turn
	case nil:
		return nil
	case openapi3.MultiError:
		var all []found
		for _, one := range e {
			all = append(all, explain(one, where)...)
		}
		return all
	case *openapi3filter.RequestError:
		return explainParameter(e, where)
	case *openapi3.SchemaError:
		return []found{explainSchema(e, where)}
	default:
		return []found{{where, "value", err.Error()}}
	}
}

func explainParameter(e *openapi3filter.RequestError, where string) []found {
	switch {
	case errors.Is(e.Err, openapi3filter.ErrInvalidRequired), errors.Is(e.Err, openapi3filter.ErrInvalidEmptyValue):
		return []found{{where, "required", "the parameter is missing"}}
	case e.Err == nil:
		return []found{{where, "value", e.Reason}}
	}
	return explain(e.Err, where)
}

func explainSchema(e *openapi3.SchemaError, where string) found {
	f := found{where, e.SchemaField, e.Reason}
	path := e.JSONPointer()
	if property, ok := strings.CutPrefix(e.Reason, `property "`); ok && e.SchemaField == "properties" {
		name, _, _ := strings.Cut(property, `"`)
		path, f.rule, f.text = append(path, name), "undeclared", "the description has no such property"
	}
	for _, key := range path {
		f.pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	}
	return f
}
