package contract

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// explain puts what the validator found into words. It never uses the validator's own text for schema errors: that one
// repeats the value, which may be a secret.
func explain(err error) string {
	var found []string
	collect(err, "", nil, &found)
	slices.Sort(found) // the validator walks maps, so its order changes from run to run
	return strings.Join(slices.Compact(found), "; ")
}

// collect takes an error apart; at is the path to the value that it is about, in what where names.
func collect(err error, where string, at []string, found *[]string) {
	switch e := err.(type) { //nolint:errorlint // each layer is taken off in turn
	case nil:
	case openapi3.MultiError:
		for _, one := range e {
			collect(one, where, at, found)
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
		collectSchema(e, where, slices.Concat(at, e.JSONPointer()), found)
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
		collect(err, where, nil, found)
	default:
		*found = append(*found, fmt.Sprintf("%s is not valid: %v", where, err))
	}
}

// collectSchema explains a broken rule. Of a combination of schemas, the broken rules of its members say what is wrong.
func collectSchema(e *openapi3.SchemaError, where string, path []string, found *[]string) {
	switch e.SchemaField {
	case "allOf":
		for _, member := range e.Schema.AllOf {
			collect(member.Value.VisitJSON(e.Value, openapi3.MultiErrors()), where, path, found)
		}
		return
	case "oneOf":
		if meant := meantBy(e.Value, e.Schema.OneOf); meant != nil {
			collect(meant.VisitJSON(e.Value, openapi3.MultiErrors()), where, path, found)
			return
		}
	}
	*found = append(*found, explainSchema(e, where, path))
}

// meantBy returns the one schema of several of whose required properties a value has at least one; nil if there is none
// or more than one.
func meantBy(value any, schemas openapi3.SchemaRefs) *openapi3.Schema {
	object, _ := value.(map[string]any)
	var meant *openapi3.Schema
	for _, one := range schemas {
		if !slices.ContainsFunc(one.Value.Required, func(name string) bool { _, ok := object[name]; return ok }) {
			continue
		}
		if meant != nil {
			return nil
		}
		meant = one.Value
	}
	return meant
}

func explainSchema(e *openapi3.SchemaError, where string, path []string) string {
	if name, ok := undeclared(e); ok {
		return unknownField(append(path, name))
	}
	reason := e.Reason
	switch {
	case e.SchemaField == "nullable":
		// The text is documented for another service of the same API.
		reason = "`null` values aren't allowed"
	case e.SchemaField == "oneOf" && len(choices(e.Schema.OneOf)) > 1:
		reason = "give exactly one of " + strings.Join(choices(e.Schema.OneOf), ", ")
	case e.SchemaField == "maximum" && e.Schema.Max != nil:
		reason = "number must be at most " + strconv.FormatFloat(*e.Schema.Max, 'f', -1, 64) // not as 9e+15
	case strings.Contains(reason, "json.Number"):
		reason = "the number is out of range"
	case reason == "":
		reason = "the value breaks the rule " + e.SchemaField
	}
	if len(path) == 0 {
		return fmt.Sprintf("%s is not valid: %s", where, reason)
	}
	return fmt.Sprintf("%s: %s in %s", strings.Join(path, "."), reason, where)
}

// choices names what tells the members of a oneOf apart, such as "id" and "externalId", or "clientId with clientSecret".
func choices(schemas openapi3.SchemaRefs) []string {
	var all []string
	for _, one := range schemas {
		if len(one.Value.Required) > 0 {
			all = append(all, strings.Join(one.Value.Required, " with "))
		}
	}
	return all
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
