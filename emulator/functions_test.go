package emulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// nothing is a handler that does nothing.
func nothing(context.Context, *emulator.Call) (any, error) { return nil, nil }

// withHandlers makes options with handlers that do nothing.
func withHandlers(names ...string) emulator.Options {
	options := emulator.Options{Handlers: map[string]emulator.Handler{}}
	for _, name := range names {
		options.Handlers[name] = nothing
	}
	return options
}

// knownFields ignores fields of functions that are new in the description. Each operation decides itself what it shows
// there.
var knownFields = cmp.FilterPath(func(path cmp.Path) bool {
	field, ok := path.Last().(cmp.StructField)
	if !ok || path.Index(-2).Type() != reflect.TypeFor[gen.Function]() {
		return false
	}
	_, sent := reflect.TypeFor[gen.FunctionWrite]().FieldByName(field.Name())
	return !sent && !slices.Contains([]string{
		"ID", "CreatedTime", "Status", "FunctionType", "RuntimeVersion", "LastCalled", "Error", "AdditionalProperties",
	}, field.Name())
}, cmp.Ignore())

func TestFunctionIsShownAsItWasCreated(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("full", "bare"))
	full := h.create(gen.FunctionWrite{
		Name: "full", ExternalID: new("full-1"), Description: new("what it does"), Owner: new("me@example.com"),
		Metadata: gen.Metadata{"a": "b"}, EnvVars: gen.FunctionEnvVars{"E": "v"}, FunctionPath: new("src/handler.py"),
		Secrets: gen.FunctionSecrets{"my-key": "s3cr3t"}, CPU: new(2.0), Memory: new(3.5), Runtime: new(gen.FunctionRuntimePy312),
		IndexURL: new("https://user:password@index.example.com"), ExtraIndexURLs: []string{"https://token@example.com"},
	})
	if full.Status != gen.FunctionStatusQueued {
		t.Errorf("a new function is %s, want Queued", full.Status)
	}
	h.deployed(full.ID)
	want := &gen.Function{
		ID: full.ID, CreatedTime: full.CreatedTime, FileID: full.FileID, Status: gen.FunctionStatusReady,
		Name: "full", ExternalID: new("full-1"), Description: new("what it does"), Owner: new("me@example.com"),
		Metadata: gen.Metadata{"a": "b"}, EnvVars: gen.FunctionEnvVars{"E": "v"}, FunctionPath: new("src/handler.py"),
		Secrets: gen.FunctionSecrets{"my-key": "***"}, CPU: new(2.0), Memory: new(3.5), Runtime: new(gen.FunctionRuntimePy312),
	}
	if diff := cmp.Diff(want, h.deployed(full.ID), knownFields); diff != "" {
		t.Errorf("get (-want +got):\n%s", diff)
	}
	list, err := h.GetFunctions(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]gen.Function{*want}, list.Items, knownFields); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	bare := h.deployed(h.create(gen.FunctionWrite{
		Name: "bare", ExternalID: new(""), Description: new(""), Owner: new(""), FunctionPath: new(""),
	}).ID)
	want = &gen.Function{
		ID: bare.ID, CreatedTime: bare.CreatedTime, FileID: bare.FileID, Status: gen.FunctionStatusReady,
		Name: "bare", FunctionPath: new("handler.py"), CPU: new(1.0), Memory: new(1.5), Runtime: new(gen.FunctionRuntimePy313),
	}
	if diff := cmp.Diff(want, bare, knownFields); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

func TestFunctionsThatAreRefused(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f"))
	file := h.upload([]byte("any"))
	answer, err := h.InitFileUpload(t.Context(), nil, gen.FileWrite{Name: "later.zip"})
	if err != nil {
		t.Fatal(err)
	}
	h.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("taken")})
	bad := func(message string) refusal { return refusal{Status: http.StatusBadRequest, Message: message} }
	secrets := func(key, value string) string { return fmt.Sprintf(`,"secrets":{%q:%q}`, key, value) }
	var many strings.Builder
	for i := range gen.MetadataMaxProperties + 1 {
		fmt.Fprintf(&many, `,"k%d":"v"`, i)
	}
	tests := []struct {
		name, fields string
		file         int64
		want         refusal
	}{
		{"unknown file", "", 7, refusal{Status: 400, Message: "file not found: fileId 7", Missing: []map[string]any{{"fileId": 7.0}}}},
		{"file without content", "", answer.ID, bad("is not uploaded yet")},
		{"taken external id", `,"externalId":"taken"`, file, refusal{Status: 409, Message: "exists already", Duplicated: []map[string]any{{"externalId": "taken"}}}},
		{"too many cores", `,"cpu":3.5`, file, bad("cpu is 3.5: it must be between 1 and 3")},
		{"too little memory", `,"memory":1`, file, bad("memory is 1: it must be between 1.5 and 5")},
		{"old runtime", `,"runtime":"py38"`, file, bad(`the runtime "py38" is not on offer: choose one of py310, py311`)},
		{"secret key with upper case", secrets("API_KEY", "x"), file, bad(`the secret key "API_KEY" is not valid`)},
		{"long secret key", secrets("abcdefghijklmnop", "x"), file, bad("is not valid")},
		{"reserved secret key", secrets("token", "x"), file, bad(`"token" is reserved`)},
		{"large secret", secrets("k", strings.Repeat("x", gen.FunctionSecretsMaxEntryBytes)), file, bad("too large")},
		{"variable with a dash", `,"envVars":{"A-B":"x"}`, file, bad(`the environment variable "A-B" is not valid`)},
		{"much metadata", `,"metadata":{` + many.String()[1:] + `}`, file, bad("items.0.metadata: there must be at most")},
		{"long metadata key", `,"metadata":{"` + strings.Repeat("k", gen.MetadataMaxKeyLength+1) + `":""}`, file, bad("too long")},
		{"long metadata value", `,"metadata":{"k":"` + strings.Repeat("v", gen.MetadataMaxValueLength+1) + `"}`, file, bad("too long")},
		{"absolute path", `,"functionPath":"/handler.py"`, file, bad("functionPath")},
		{"path that leads out", `,"functionPath":"a/../../handler.py"`, file, bad("functionPath")},
		{"unknown field", `,"color":"red"`, file, bad("{'items': {0: {'color': ['Unknown field.']}}}")},
		{"no name", `,"name":""`, file, bad("items.0.name")},
	}
	for _, tt := range tests {
		t.Log(tt.name)
		fields := tt.fields
		if !strings.Contains(fields, `"name"`) {
			fields += `,"name":"n"`
		}
		h.refused(http.MethodPost, "/functions", fmt.Sprintf(`{"items":[{"fileId":%d%s}]}`, tt.file, fields), tt.want)
	}
	if list, err := h.GetFunctions(t.Context(), nil); err != nil || len(list.Items) != 1 {
		t.Errorf("%d functions after refused ones, want 1 (%v)", len(list.Items), err)
	}
}

func TestFilterFunctions(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("a", "b", "c"))
	one := h.deploy(gen.FunctionWrite{Name: "a", ExternalID: new("x-1"), Owner: new("ann"), Metadata: gen.Metadata{"k": "v", "l": "w"}})
	h.deploy(gen.FunctionWrite{Name: "b", ExternalID: new("x-2")})
	h.deploy(gen.FunctionWrite{Name: "c", ExternalID: new("y")})
	ready, failed, future := gen.FunctionStatusReady, gen.FunctionStatusFailed, time.Now().Add(time.Hour).UnixMilli()
	for name, tt := range map[string]struct {
		filter *gen.FunctionFilter
		limit  int32
		want   string
	}{
		"no filter":        {nil, 100, "a b c"},
		"limit":            {nil, 2, "a b"},
		"name":             {&gen.FunctionFilter{Name: new("b")}, 100, "b"},
		"owner":            {&gen.FunctionFilter{Owner: new("ann")}, 100, "a"},
		"file":             {&gen.FunctionFilter{FileID: &one.FileID}, 100, "a"},
		"status":           {&gen.FunctionFilter{Status: &ready}, 100, "a b c"},
		"other status":     {&gen.FunctionFilter{Status: &failed}, 100, ""},
		"prefix":           {&gen.FunctionFilter{ExternalIDPrefix: new("x-")}, 100, "a b"},
		"metadata":         {&gen.FunctionFilter{Metadata: gen.Metadata{"k": "v"}}, 100, "a"},
		"created at least": {&gen.FunctionFilter{CreatedTime: &gen.TimestampRange{Min: &future}}, 100, ""},
		"created at most":  {&gen.FunctionFilter{CreatedTime: &gen.TimestampRange{Max: &future}}, 100, "a b c"},
		"created exactly":  {&gen.FunctionFilter{CreatedTime: &gen.TimestampRange{Min: &one.CreatedTime, Max: &one.CreatedTime}, Name: new("a")}, 100, "a"},
		"all of it":        {&gen.FunctionFilter{ExternalIDPrefix: new("x"), Name: new("c")}, 100, ""},
	} {
		answer, err := h.ListFunctions(t.Context(), gen.FunctionListRequest{Filter: tt.filter, Limit: &tt.limit})
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, f := range answer.Items {
			names = append(names, f.Name)
		}
		if found := strings.Join(names, " "); found != tt.want {
			t.Errorf("%s: found %q, want %q", name, found, tt.want)
		}
	}
	if response, text := h.raw(http.MethodPost, "/functions/list", ""); response.StatusCode != http.StatusOK {
		t.Errorf("a list without body answers %d %s", response.StatusCode, text)
	}
}

func TestRetrieveAndDeleteFunctions(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("a", "b"))
	a := h.deploy(gen.FunctionWrite{Name: "a", ExternalID: new("ext-a")})
	b := h.deploy(gen.FunctionWrite{Name: "b"})
	call := h.called(b.ID, "")
	response, text := h.raw(http.MethodPost, "/functions/byids", fmt.Sprintf(`{"items":[{"id":%d},{"externalId":"ext-a"},{"id":9}],"ignoreUnknownIds":true}`, b.ID))
	if response.StatusCode != http.StatusOK || strings.Index(text, `"name":"b"`) > strings.Index(text, `"name":"a"`) {
		t.Errorf("byids answers %d %s, want b before a", response.StatusCode, text)
	}
	unknown := refusal{Status: 400, Message: "function not found", Missing: []map[string]any{{"external_id": "nobody"}, {"id": 9.0}}}
	const both = `{"items":[{"externalId":"nobody"},{"externalId":"ext-a"},{"id":9}]}`
	h.refused(http.MethodPost, "/functions/byids", both, unknown)
	h.refused(http.MethodPost, "/functions/delete", both, unknown)
	h.refused(http.MethodGet, "/functions/9", "", refusal{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": 9.0}}})
	if f := h.deployed(a.ID); f.ID != a.ID {
		t.Error("a refused delete deleted something")
	}
	if f := h.deployed(b.ID); f.LastCalled == nil || *f.LastCalled != call.StartTime {
		t.Errorf("lastCalled is %v, want %d", f.LastCalled, call.StartTime)
	}
	if response, text := h.raw(http.MethodPost, "/functions/delete", fmt.Sprintf(`{"items":[{"id":%d},{"externalId":"ext-a"},{"id":9}],"ignoreUnknownIds":true}`, b.ID)); strings.TrimSpace(text) != "{}" {
		t.Errorf("delete answers %d %s, want {}", response.StatusCode, text)
	}
	gone := refusal{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": float64(b.ID)}}}
	for _, path := range []string{"", "/calls", fmt.Sprintf("/calls/%d", call.ID), fmt.Sprintf("/calls/%d/logs", call.ID), fmt.Sprintf("/calls/%d/response", call.ID)} {
		h.refused(http.MethodGet, fmt.Sprintf("/functions/%d%s", b.ID, path), "", gone)
	}
	if file, err := h.GetFileByInternalID(t.Context(), b.FileID); err != nil || file == nil {
		t.Errorf("the code's file went with its function (%v)", err)
	}
	h.deploy(gen.FunctionWrite{Name: "a", ExternalID: new("ext-a")}) // the external id is free again
}

func TestTooManyFunctions(t *testing.T) {
	t.Parallel()
	options := withHandlers("f")
	options.Limits.Functions = 1
	h := run(t, options)
	f := h.deploy(gen.FunctionWrite{Name: "f"})
	h.refused(http.MethodPost, "/functions", fmt.Sprintf(`{"items":[{"name":"f","fileId":%d}]}`, f.FileID),
		refusal{Status: 400, Message: "the project has 1 functions already"})
}

// The limits of a project on Google's cloud, as the vendor's page of technical limits has them.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	_, text := run(t, emulator.Options{}).raw(http.MethodGet, "/functions/limits", "")
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"timeoutMinutes": "9", "cpuCores": `{"default":1,"max":3,"min":1}`, "memoryGb": `{"default":1.5,"max":5,"min":1.5}`, "responseSizeMb": "1",
	} {
		if string(got[name]) != want {
			t.Errorf("%s is %s, published is %s; edit the table of TestDefaultLimits in emulator/functions_test.go if that has changed", name, got[name], want)
		}
	}
}

func TestLimitsAndStatus(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Limits: emulator.Limits{TimeoutMinutes: 10, Runtimes: []string{"py311"}}})
	limits, err := h.FunctionsLimits(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &gen.FunctionsLimits{
		TimeoutMinutes: 10, CPUCores: gen.CPURange{Min: 1, Max: 3, Default: 1},
		MemoryGB: gen.MemoryRange{Min: 1.5, Max: 5, Default: 1.5}, Runtimes: []string{"py311"}, ResponseSizeMB: new(1),
	}
	if diff := cmp.Diff(want, limits); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	status, err := h.GetFunctionsStatus(t.Context())
	if err != nil || status.Status != gen.ActivationStatusActivated {
		t.Errorf("status %+v (%v)", status, err)
	}
	activation, err := h.PostFunctionsStatus(t.Context())
	if err != nil || activation.Status != gen.ActivationStatusActivated {
		t.Errorf("activation %+v (%v)", activation, err)
	}
}
