package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// Failure is a place where an exchange violates the description.
type Failure struct {
	Exchange *exchange.Exchange
	// Operation is the id of the operation, or method and path if the description has no such operation.
	Operation string
	// Side is "request", "response 200", or "tolerant response 200" for the tolerant description.
	Side string
	// Pointer is a JSON pointer into the body or a parameter: "/items/0/name", "query limit". "" is the whole side.
	Pointer string
	// Rule is the violated rule: a keyword of the schema such as "maxLength", or "undeclared", "status", "operation".
	Rule string
	// Text explains the failure. It does not contain the value.
	Text string
}

// String returns the cassette, exchange, operation, side, place, rule and text.
func (f Failure) String() string {
	place := f.Pointer
	if place == "" {
		place = "(whole)"
	}
	return fmt.Sprintf("%v: %s, %s, at %s: %s: %s", f.Exchange, f.Operation, f.Side, place, f.Rule, f.Text)
}

// violation is a failure without exchange, operation and side.
type violation struct{ pointer, rule, text string }

// locate adds exchange, operation and side to violations.
func locate(x *exchange.Exchange, operation, side string, all []violation) []Failure {
	failures := make([]Failure, len(all))
	for i, f := range all {
		failures[i] = Failure{x, operation, side, f.pointer, f.rule, f.text}
	}
	return failures
}

// explain returns the violations in an error of the validator. where is a parameter, or "" for a body.
func explain(err error, where string) []violation {
	switch e := err.(type) { //nolint:errorlint // the function unwraps one layer at a time
	case nil:
		return nil
	case openapi3.MultiError:
		var all []violation
		for _, one := range e {
			all = append(all, explain(one, where)...)
		}
		return all
	case *openapi3filter.RequestError:
		return explainParameter(e, where)
	case *openapi3.SchemaError:
		return []violation{explainSchema(e, where)}
	default:
		return []violation{{where, "value", err.Error()}}
	}
}

func explainParameter(e *openapi3filter.RequestError, where string) []violation {
	switch {
	case errors.Is(e.Err, openapi3filter.ErrInvalidRequired), errors.Is(e.Err, openapi3filter.ErrInvalidEmptyValue):
		return []violation{{where, "required", "the parameter is missing"}}
	case e.Err == nil:
		return []violation{{where, "value", e.Reason}}
	}
	return explain(e.Err, where)
}

func explainSchema(e *openapi3.SchemaError, where string) violation {
	f := violation{where, e.SchemaField, e.Reason}
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
