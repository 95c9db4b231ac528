package deploy

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

var (
	// identityFields are the fields of FunctionWrite that name the function and its code. All others are settings.
	identityFields = []string{"externalId", "fileId"}
	// printedSettings are the settings whose values a Reason may contain. Any other setting may contain a credential.
	printedSettings = []string{"name", "description", "owner", "functionPath", "cpu", "memory", "runtime"}
)

// maskedSetting is the setting that the service returns with three stars for each value.
const maskedSetting = "secrets"

// defaultFunctionPath is the path that the service takes if none is set.
const defaultFunctionPath = `"handler.py"`

// setting is a field of FunctionWrite that Plan compares.
type setting struct {
	// name is the name of the field in JSON, field its name in Go.
	name, field string
	// masked means that the service returns the keys only, withheld that it returns nothing.
	masked, withheld bool
}

// settings are all settings, by name.
var settings = readSettings()

// readSettings derives the settings from the generated types, so that a field that the API adds is compared and deployed.
func readSettings() []setting {
	returned := jsonFields(reflect.TypeFor[functions.Function]())
	var all []setting
	for name, field := range jsonFields(reflect.TypeFor[functions.FunctionWrite]()) {
		if !slices.Contains(identityFields, name) {
			all = append(all, setting{name: name, field: field, masked: name == maskedSetting, withheld: returned[name] == ""})
		}
	}
	slices.SortFunc(all, func(a, b setting) int { return strings.Compare(a.name, b.name) })
	return all
}

// jsonFields returns the Go names of a struct's fields by their names in JSON, those of embedded structs included.
func jsonFields(t reflect.Type) map[string]string {
	fields := map[string]string{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = f.Name
		}
	}
	return fields
}

// checkReadable refuses a function with a setting that the service returned with another type than described: creating
// the function again would lose that setting.
func checkReadable(fn *functions.Function) error {
	for _, s := range settings {
		if _, odd := fn.AdditionalProperties[s.name]; odd {
			return fmt.Errorf("deploy: the setting %q of function %d has an unexpected type, so replacing the function would lose it; "+
				"delete the function, or set it again by other means", s.name, fn.ID)
		}
	}
	return nil
}

// hidden reports whether the values of the setting cannot be read back.
func (s setting) hidden() bool { return s.masked || s.withheld }

// of returns the field of w.
func (s setting) of(w *functions.FunctionWrite) reflect.Value {
	return reflect.ValueOf(w).Elem().FieldByName(s.field)
}

// noteSize is the greatest number of characters that the setting takes in the note about the settings.
func (s setting) noteSize() int { return len(s.name) + len(":") + digestDigits + len(",") }

// plainWrite has the fields of FunctionWrite without its methods, which hide the secrets.
type plainWrite functions.FunctionWrite

// copyWrite returns a copy of w that shares no memory with it. It fails for values that JSON cannot express.
func copyWrite(w functions.FunctionWrite) (functions.FunctionWrite, error) {
	var c plainWrite
	text, err := json.Marshal(plainWrite(w))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		return w, refuse("Function", fmt.Sprintf("cannot be written as JSON: %v", err))
	}
	return functions.FunctionWrite(c), nil
}

// valuesOf returns the settings of w as JSON, by name. Values that the service does not distinguish from unset ones are
// left out.
func valuesOf(w functions.FunctionWrite) map[string]json.RawMessage {
	var values map[string]json.RawMessage
	text, err := json.Marshal(plainWrite(w))
	if err == nil {
		err = json.Unmarshal(text, &values)
	}
	if err != nil {
		panic(err) // cannot happen: copyWrite has checked w, or the service has returned it
	}
	for name, value := range values {
		unset := slices.Contains([]string{"null", `""`, "{}", "[]"}, string(value))
		if unset || slices.Contains(identityFields, name) || name == "functionPath" && string(value) == defaultFunctionPath {
			delete(values, name)
		}
	}
	return values
}
