package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// explain puts what the validator found into words. It never uses the validator's own text for schema errors: that one
// repeats the value, which may be a secret.
func explain(err error) string {
	var found []string
	collect(err, "", &found)
	slices.Sort(found) // the validator walks maps, so its order changes from run to run
	return strings.Join(slices.Compact(found), "; ")
}

func collect(err error, where string, found *[]string) {
	switch e := err.(type) { //nolint:errorlint // each layer is taken off in turn
	case openapi3.MultiError:
		for _, one := range e {
			collect(one, where, found)
		}
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			where = "the parameter " + e.Parameter.Name
		} else {
			where = "the request body"
		}
		collectInner(e.Err, e.Reason, where, found)
	case *openapi3filter.ResponseError:
		collectInner(e.Err, e.Reason, "the response body", found)
	case *openapi3.SchemaError:
		*found = append(*found, explainSchema(e, where))
	default:
		*found = append(*found, fmt.Sprintf("%s is not valid: %v", where, err))
	}
}

func collectInner(err error, reason, where string, found *[]string) {
	schemaError := (*openapi3.SchemaError)(nil)
	switch {
	case err == nil:
		*found = append(*found, where+" is not valid: "+reason)
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		*found = append(*found, where+" is missing")
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		*found = append(*found, where+" must not be empty")
	case errors.As(err, &schemaError):
		collect(err, where, found)
	default:
		*found = append(*found, fmt.Sprintf("%s is not valid: %v", where, err))
	}
}

func explainSchema(e *openapi3.SchemaError, where string) string {
	path := e.JSONPointer()
	if name, ok := undeclared(e); ok {
		return unknownField(append(path, name))
	}
	reason := e.Reason
	switch {
	case e.SchemaField == "nullable":
		// The text is documented for another service of the same API.
		reason = "`null` values aren't allowed"
	case reason == "":
		reason = "the value breaks the rule " + e.SchemaField
	}
	if len(path) == 0 {
		return fmt.Sprintf("%s is not valid: %s", where, reason)
	}
	return fmt.Sprintf("%s: %s in %s", strings.Join(path, "."), reason, where)
}

// undeclared returns the property that an object has although its schema does not list it.
func undeclared(e *openapi3.SchemaError) (string, bool) {
	name, ok := strings.CutPrefix(e.Reason, `property "`)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, `" is unsupported`)
}

// unknownField renders the service's own text for a field that it does not know: a Python dictionary of field names, in
// which list positions are numbers.
func unknownField(path []string) string {
	text := "['Unknown field.']"
	for _, key := range slices.Backward(path) {
		if strings.Trim(key, "0123456789") == "" && key != "" {
			text = "{" + key + ": " + text + "}"
		} else {
			text = "{'" + key + "': " + text + "}"
		}
	}
	return text
}
