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

// explain returns the violations in an error of the validator, separated by semicolons. It does not use the
// validator's own messages for schema errors, because they contain the value, which may be a secret.
func explain(err error) string {
	all := violations(err, "", nil)
	slices.Sort(all) // the validator iterates over maps, so its order is random
	return strings.Join(slices.Compact(all), "; ")
}

// violations returns a sentence for each violation in an error. The value at path in place, such as "the request
// body", caused it.
func violations(err error, place string, path []string) []string {
	switch e := err.(type) { //nolint:errorlint // unwraps one layer at a time
	case nil:
		return nil
	case openapi3.MultiError:
		var all []string
		for _, one := range e {
			all = append(all, violations(one, place, path)...)
		}
		return all
	case *openapi3filter.RequestError:
		place = "the request body"
		if e.Parameter != nil {
			place = "the parameter " + e.Parameter.Name
		}
		return causeViolations(e.Err, e.Reason, place)
	case *openapi3filter.ResponseError:
		return causeViolations(e.Err, e.Reason, "the response body")
	case *openapi3.SchemaError:
		return schemaViolations(e, place, slices.Concat(path, e.JSONPointer()))
	}
	return []string{fmt.Sprintf("%s is not valid: %v", place, err)}
}

// causeViolations returns the violations in the cause of a request or response error; reason describes an error
// without a cause.
func causeViolations(cause error, reason, place string) []string {
	_, isSchemaError := errors.AsType[*openapi3.SchemaError](cause)
	switch {
	case cause == nil:
		return []string{place + " is not valid: " + reason}
	case errors.Is(cause, openapi3filter.ErrInvalidRequired):
		return []string{place + " is missing"}
	case errors.Is(cause, openapi3filter.ErrInvalidEmptyValue):
		return []string{place + " must not be empty"}
	case isSchemaError:
		return violations(cause, place, nil)
	}
	return []string{fmt.Sprintf("%s is not valid: %v", place, cause)}
}

// schemaViolations returns the violations of a schema. For a combination of schemas, these are the violations of its
// members.
func schemaViolations(e *openapi3.SchemaError, place string, path []string) []string {
	switch e.SchemaField {
	case "allOf":
		var all []string
		for _, member := range e.Schema.AllOf {
			all = append(all, violations(member.Value.VisitJSON(e.Value, openapi3.MultiErrors()), place, path)...)
		}
		return all
	case "oneOf":
		if member := intendedMember(e.Value, e.Schema.OneOf); member != nil {
			return violations(member.VisitJSON(e.Value, openapi3.MultiErrors()), place, path)
		}
	}
	return []string{schemaViolation(e, place, path)}
}

// intendedMember returns the only schema of which the value has a required property, or nil if there is not exactly one.
func intendedMember(value any, schemas openapi3.SchemaRefs) *openapi3.Schema {
	object, _ := value.(map[string]any)
	var intended *openapi3.Schema
	for _, schema := range schemas {
		if !slices.ContainsFunc(schema.Value.Required, func(name string) bool { _, ok := object[name]; return ok }) {
			continue
		}
		if intended != nil {
			return nil
		}
		intended = schema.Value
	}
	return intended
}

func schemaViolation(e *openapi3.SchemaError, place string, path []string) string {
	if name, ok := undeclaredProperty(e); ok {
		return unknownField(append(path, name))
	}
	reason := e.Reason
	switch {
	case e.SchemaField == "nullable":
		reason = "`null` values aren't allowed" // documented for another service of the same API
	case e.SchemaField == "oneOf" && len(requiredOf(e.Schema.OneOf)) > 1:
		reason = "give exactly one of " + strings.Join(requiredOf(e.Schema.OneOf), ", ")
	case e.SchemaField == "maximum" && e.Schema.Max != nil:
		reason = "number must be at most " + strconv.FormatFloat(*e.Schema.Max, 'f', -1, 64) // the validator writes 9e+15
	case strings.Contains(reason, "json.Number"):
		reason = "the number is out of range"
	case reason == "":
		reason = "the value violates the rule " + e.SchemaField
	}
	if len(path) == 0 {
		return fmt.Sprintf("%s is not valid: %s", place, reason)
	}
	return fmt.Sprintf("%s: %s in %s", strings.Join(path, "."), reason, place)
}

// requiredOf returns the required properties of each schema, such as "id" and "externalId", or "clientId with
// clientSecret".
func requiredOf(schemas openapi3.SchemaRefs) []string {
	var all []string
	for _, schema := range schemas {
		if len(schema.Value.Required) > 0 {
			all = append(all, strings.Join(schema.Value.Required, " with "))
		}
	}
	return all
}

// undeclaredProperty returns the name of a property that an object must not have. The validator has no error type for it.
func undeclaredProperty(e *openapi3.SchemaError) (string, bool) {
	name, ok := strings.CutPrefix(e.Reason, `property "`)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(name, `" is unsupported`)
}

// unknownField returns the message of the service for an unknown field: a Python dictionary, with list positions as
// integers.
func unknownField(path []string) string {
	message := "['Unknown field.']"
	for _, key := range slices.Backward(path) {
		if strings.Trim(key, "0123456789") == "" && key != "" {
			message = "{" + key + ": " + message + "}"
		} else {
			message = "{'" + key + "': " + message + "}"
		}
	}
	return message
}
