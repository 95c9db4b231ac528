package deploy

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	functions "github.com/cogfn/cogfn/wrapper"
)

// fill sets v and all fields in it. Different texts result in different values.
func fill(t *testing.T, v reflect.Value, text string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), text)
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(t, field, text)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(t, value, text)
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), value)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), text)
	case reflect.String:
		v.SetString(text)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(len(text)))
	case reflect.Bool:
		v.SetBool(len(text)%2 == 0)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(len(text)))
	case reflect.Uint8:
		v.SetUint(uint64(text[0]))
	default:
		t.Fatalf("deploy/settings_test.go: fill has no value for the type %v; add one", v.Type())
	}
}

// filled returns a function with all fields set.
func filled(t *testing.T) functions.FunctionWrite {
	t.Helper()
	var w functions.FunctionWrite
	fill(t, reflect.ValueOf(&w).Elem(), "a")
	return w
}

// Every field of FunctionWrite is either compared or identifies the function or its code.
func TestEveryFieldIsSettingOrIdentity(t *testing.T) {
	t.Parallel()
	const key = functions.Secret("a-key-of-16-bytes")
	write := reflect.TypeFor[functions.FunctionWrite]()
	for f := range write.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		first, second := filled(t), filled(t)
		fill(t, reflect.ValueOf(&second).Elem().FieldByName(f.Name), "bc")
		second.ExternalID = first.ExternalID // all digests depend on it
		before, after := digests(first, key), digests(second, key)
		if slices.Contains(identityFields, name) {
			if _, compared := before[name]; compared {
				t.Errorf("%s identifies the function, but is compared as a setting", name)
			}
			continue
		}
		if before[name] == "" || before[name] == after[name] {
			t.Errorf("deploy/settings.go: a change of the field %q of FunctionWrite does not change its digest; got %q and %q", name, before[name], after[name])
		}
		if delete(before, name); !reflect.DeepEqual(before, without(after, name)) {
			t.Errorf("a change of %q changes the digests of other settings", name)
		}
	}
	if len(settings)+len(identityFields) != write.NumField() {
		t.Errorf("%d settings and %d identity fields for %d fields", len(settings), len(identityFields), write.NumField())
	}
}

func without(all map[string]string, name string) map[string]string {
	delete(all, name)
	return all
}

func TestSettingsThatCannotBeReadBack(t *testing.T) {
	t.Parallel()
	var masked, withheld []string
	for _, s := range settings {
		if s.masked {
			masked = append(masked, s.name)
		}
		if s.withheld {
			withheld = append(withheld, s.name)
		}
		if _, ok := reflect.TypeFor[Target]().FieldByName(s.field); s.hidden() && !ok {
			t.Errorf("deploy/rollback.go: %q cannot be read back; add a field %s to Target and set it in Target.write", s.name, s.field)
		}
	}
	if !slices.Equal(masked, []string{"secrets"}) {
		t.Errorf("the masked settings are %v, want secrets", masked)
	}
	for _, name := range []string{"extraIndexUrls", "indexUrl"} {
		if !slices.Contains(withheld, name) {
			t.Errorf("%q is not among the withheld settings %v", name, withheld)
		}
	}
}

// The restored function has the withheld settings of the new one, since the service does not return those of the old one.
func TestOldWriteHasWithheldSettings(t *testing.T) {
	t.Parallel()
	r := &run{write: filled(t), old: &functions.Function{}}
	write, _ := r.oldWrite()
	for _, s := range settings {
		if got := s.of(&write).Interface(); s.withheld && !reflect.DeepEqual(got, s.of(&r.write).Interface()) {
			t.Errorf("%s is %v, want that of the new function", s.name, got)
		}
	}
}

func TestCopyWrite(t *testing.T) {
	t.Parallel()
	original := filled(t)
	c, err := copyWrite(original)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(plainWrite(original), plainWrite(c)); diff != "" {
		t.Errorf("copy (-want +got):\n%s", diff)
	}
	for f := range reflect.TypeFor[functions.FunctionWrite]().Fields() {
		before, after := reflect.ValueOf(&original).Elem().FieldByName(f.Name), reflect.ValueOf(&c).Elem().FieldByName(f.Name)
		switch f.Type.Kind() {
		case reflect.Pointer, reflect.Map, reflect.Slice:
			if before.Pointer() == after.Pointer() {
				t.Errorf("the copy shares %s with the original", f.Name)
			}
		default:
		}
	}
	if _, err := copyWrite(functions.FunctionWrite{CPU: new(math.NaN())}); !errors.Is(err, functions.ErrInvalid) || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("CPU NaN: got %v, want ErrInvalid", err)
	}
}

func TestRecordSize(t *testing.T) {
	t.Parallel()
	if err := checkRecord(settings); err != nil {
		t.Errorf("deploy/record.go: the record of all settings is too long; reduce digestDigits: %v", err)
	}
	long := func(letter string) setting { return setting{name: strings.Repeat(letter, 100), field: letter} }
	many := []setting{long("A"), long("B"), long("C"), long("D"), long("E")}
	if err := checkRecord(many[:4]); err != nil {
		t.Errorf("four settings with long names: got %v, want no error", err)
	}
	if err := checkRecord(many); !errors.Is(err, functions.ErrInvalid) || !strings.Contains(err.Error(), "E exceeds the record") {
		t.Errorf("five settings with long names: got %v, want ErrInvalid for E", err)
	}
	rec := record{settings: map[string]string{}}
	for _, s := range settings {
		rec.settings[s.name] = strings.Repeat("0", digestDigits)
	}
	size := -len(",")
	for _, s := range settings {
		size += s.recordSize()
	}
	if got := len(rec.addTo(nil)[settingsKey]); got != size {
		t.Errorf("the record of all settings has %d characters, want %d", got, size)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setting       setting
		before, after string
		want          string
	}{
		"printed":               {setting{name: "memory"}, "1", "2", "was 1, is 2"},
		"printed, not returned": {setting{name: "memory"}, "", "2", "differs"},
		"secrets":               {setting{name: "secrets", masked: true}, `{"a":"***","b":"***"}`, `{"b":"1","c":"2"}`, "a is removed, c is added"},
		"pairs":                 {setting{name: "envVars"}, `{"a":"1","b":"2"}`, `{"a":"1","b":"3"}`, "b has another value"},
		"pairs, none before":    {setting{name: "envVars"}, "", `{"a":"1"}`, "a is added"},
		"withheld string":       {setting{name: "indexUrl", withheld: true}, "", `"https://a"`, "differs"},
		"withheld pairs":        {setting{name: "tokens", withheld: true}, "", `{"private":"1"}`, "differs"},
		"unknown string":        {setting{name: "region"}, `"private"`, `"other"`, "differs"},
		"unknown number":        {setting{name: "replicas"}, "1", "2", "differs"},
		"unknown list":          {setting{name: "urls"}, `["private"]`, `["other"]`, "differs"},
		"unknown nested pair":   {setting{name: "network"}, `{"proxy":{"url":"private"}}`, `{"proxy":{"url":"other"}}`, "proxy has another value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.setting.diff([]byte(test.before), []byte(test.after)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// AsWrite lacks a setting of an unexpected type, so the function must not be replaced.
func TestSettingOfUnexpectedType(t *testing.T) {
	t.Parallel()
	for name, rejected := range map[string]bool{"metadata": true, "secrets": true, "envVars": true, "owner": true, "lastCalled": false, "not-described": false} {
		fn := &functions.Function{}
		fn.AdditionalProperties = map[string]json.RawMessage{name: json.RawMessage(`[1]`)}
		if err := checkReadable(fn); (err != nil) != rejected || rejected && !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got the error %v, want one: %t", name, err, rejected)
		}
	}
}
