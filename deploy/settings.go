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
	// identityFields are the fields of FunctionWrite that identify the function and its code. All others are settings.
	identityFields = []string{"externalId", "fileId"}
	// printedSettings are the settings whose values a Reason may contain. Any other setting may contain a credential.
	printedSettings = []string{"name", "description", "owner", "functionPath", "cpu", "memory", "runtime"}
)

// maskedSetting is the setting whose values the service returns as "***".
const maskedSetting = "secrets"

// defaultFunctionPath is the path that the service uses if none is set.
const defaultFunctionPath = `"handler.py"`

// setting is a field of FunctionWrite that Plan compares.
type setting struct {
	name  string // the JSON name of the field
	field string // the Go name of the field
	// masked: the service returns the keys, but not the values.
	masked bool
	// withheld: the service returns nothing.
	withheld bool
}

// settings are all settings, sorted by name.
var settings = readSettings()

// readSettings derives the settings from the generated types, so new fields of the API are compared and deployed.
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

// jsonFields returns the Go names of a struct's fields, including those of embedded structs, by their JSON names.
func jsonFields(t reflect.Type) map[string]string {
	fields := map[string]string{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = f.Name
		}
	}
	return fields
}

// checkReadable returns an error if the service returned a setting with another type than described, because creating the
// function again would lose that setting.
func checkReadable(fn *functions.Function) error {
	for _, s := range settings {
		if _, odd := fn.AdditionalProperties[s.name]; odd {
			return fmt.Errorf("deploy: the setting %q of function %d has an unexpected type and would be lost; "+
				"delete the function, or set the setting again with another tool", s.name, fn.ID)
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

// recordSize returns the maximum number of characters of the setting in the record.
func (s setting) recordSize() int { return len(s.name) + len(":") + digestDigits + len(",") }

// plainWrite has the fields of FunctionWrite without its methods, because these hide the secrets.
type plainWrite functions.FunctionWrite

// copyWrite returns a deep copy of w. It fails for values that JSON cannot represent.
func copyWrite(w functions.FunctionWrite) (functions.FunctionWrite, error) {
	var c plainWrite
	encoded, err := json.Marshal(plainWrite(w))
	if err == nil {
		err = json.Unmarshal(encoded, &c)
	}
	if err != nil {
		return w, invalid("Function", fmt.Sprintf("cannot be encoded as JSON: %v", err))
	}
	return functions.FunctionWrite(c), nil
}

// valuesOf returns the settings of w as JSON, by name. It omits values that the service treats like unset ones.
func valuesOf(w functions.FunctionWrite) map[string]json.RawMessage {
	var values map[string]json.RawMessage
	encoded, err := json.Marshal(plainWrite(w))
	if err == nil {
		err = json.Unmarshal(encoded, &values)
	}
	if err != nil {
		panic(err) // impossible: copyWrite has encoded w, or the service has returned it
	}
	for name, value := range values {
		unset := slices.Contains([]string{"null", `""`, "{}", "[]"}, string(value))
		if unset || slices.Contains(identityFields, name) || name == "functionPath" && string(value) == defaultFunctionPath {
			delete(values, name)
		}
	}
	return values
}
