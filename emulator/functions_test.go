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

// noop is a handler without effect.
func noop(context.Context, *emulator.Call) (any, error) { return nil, nil }

// withHandlers returns options in which the handler of each name is noop.
func withHandlers(names ...string) emulator.Options {
	options := emulator.Options{Overrides: map[string]emulator.Handler{}}
	for _, name := range names {
		options.Overrides[name] = noop
	}
	return options
}

// knownFields ignores the fields of functions that only newer descriptions have. Their values depend on the operation.
var knownFields = cmp.FilterPath(func(path cmp.Path) bool {
	field, ok := path.Last().(cmp.StructField)
	if !ok || path.Index(-2).Type() != reflect.TypeFor[gen.Function]() {
		return false
	}
	_, written := reflect.TypeFor[gen.FunctionWrite]().FieldByName(field.Name())
	return !written && !slices.Contains([]string{
		"ID", "CreatedTime", "Status", "FunctionType", "RuntimeVersion", "LastCalled", "Error", "AdditionalProperties",
	}, field.Name())
}, cmp.Ignore())

func TestCreateFunction(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("full", "bare"))
	full := c.create(gen.FunctionWrite{
		Name: "full", ExternalID: new("full-1"), Description: new("a description"), Owner: new("me@example.com"),
		Metadata: gen.Metadata{"a": "b"}, EnvVars: gen.FunctionEnvVars{"E": "v"}, FunctionPath: new("src/handler.py"),
		Secrets: gen.FunctionSecrets{"my-key": "s3cr3t"}, CPU: new(2.0), Memory: new(3.5), Runtime: new(gen.FunctionRuntimePy312),
		IndexURL: new("https://user:password@index.example.com"), ExtraIndexURLs: []string{"https://token@example.com"},
	})
	if full.Status != gen.FunctionStatusQueued {
		t.Errorf("new function: status %s, want Queued", full.Status)
	}
	c.waitForDeployment(full.ID)
	want := &gen.Function{
		ID: full.ID, CreatedTime: full.CreatedTime, FileID: full.FileID, Status: gen.FunctionStatusReady,
		Name: "full", ExternalID: new("full-1"), Description: new("a description"), Owner: new("me@example.com"),
		Metadata: gen.Metadata{"a": "b"}, EnvVars: gen.FunctionEnvVars{"E": "v"}, FunctionPath: new("src/handler.py"),
		Secrets: gen.FunctionSecrets{"my-key": "***"}, CPU: new(2.0), Memory: new(3.5), Runtime: new(gen.FunctionRuntimePy312),
	}
	if diff := cmp.Diff(want, c.waitForDeployment(full.ID), knownFields); diff != "" {
		t.Errorf("get (-want +got):\n%s", diff)
	}
	list, err := c.GetFunctions(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]gen.Function{*want}, list.Items, knownFields); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	bare := c.waitForDeployment(c.create(gen.FunctionWrite{
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

func TestInvalidFunctions(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f"))
	file := c.upload([]byte("any"))
	empty, err := c.InitFileUpload(t.Context(), nil, gen.FileWrite{Name: "empty.zip"})
	if err != nil {
		t.Fatal(err)
	}
	c.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("taken")})
	badRequest := func(message string) errorResponse {
		return errorResponse{Status: http.StatusBadRequest, Message: message}
	}
	secrets := func(key, value string) string { return fmt.Sprintf(`,"secrets":{%q:%q}`, key, value) }
	var many strings.Builder
	for i := range gen.MetadataMaxProperties + 1 {
		fmt.Fprintf(&many, `,"k%d":"v"`, i)
	}
	tests := []struct {
		name, fields string
		file         int64
		want         errorResponse
	}{
		{"unknown file", "", 7, errorResponse{Status: 400, Message: "file not found: fileId 7", Missing: []map[string]any{{"fileId": 7.0}}}},
		{"file without content", "", empty.ID, badRequest("is not uploaded yet")},
		{"taken external id", `,"externalId":"taken"`, file, errorResponse{Status: 409, Message: "exists already", Duplicated: []map[string]any{{"externalId": "taken"}}}},
		{"too many cores", `,"cpu":3.5`, file, badRequest("cpu is 3.5")},
		{"too much memory", `,"memory":9`, file, badRequest("memory is 9")},
		{"old runtime", `,"runtime":"py38"`, file, badRequest(`the runtime "py38" is not on offer: choose one of py310, py311`)},
		{"secret key with upper case", secrets("API_KEY", "x"), file, badRequest(`the secret key "API_KEY" is not valid`)},
		{"long secret key", secrets("abcdefghijklmnop", "x"), file, badRequest("is not valid")},
		{"reserved secret key", secrets("token", "x"), file, badRequest(`"token" is reserved`)},
		{"large secret", secrets("k", strings.Repeat("x", gen.FunctionSecretsMaxEntryBytes)), file, badRequest("too large")},
		{"variable with a dash", `,"envVars":{"A-B":"x"}`, file, badRequest(`the environment variable "A-B" is not valid`)},
		{"too much metadata", `,"metadata":{` + many.String()[1:] + `}`, file, badRequest("items.0.metadata: there must be at most")},
		{"long metadata key", `,"metadata":{"` + strings.Repeat("k", gen.MetadataMaxKeyLength+1) + `":""}`, file, badRequest("too long")},
		{"long metadata value", `,"metadata":{"k":"` + strings.Repeat("v", gen.MetadataMaxValueLength+1) + `"}`, file, badRequest("too long")},
		{"absolute path", `,"functionPath":"/handler.py"`, file, badRequest("functionPath")},
		{"path outside the archive", `,"functionPath":"a/../../handler.py"`, file, badRequest("functionPath")},
		{"unknown field", `,"color":"red"`, file, badRequest("{'items': {0: {'color': ['Unknown field.']}}}")},
		{"no name", `,"name":""`, file, badRequest("items.0.name")},
	}
	for _, tt := range tests {
		t.Log(tt.name)
		fields := tt.fields
		if !strings.Contains(fields, `"name"`) {
			fields += `,"name":"n"`
		}
		c.wantError(http.MethodPost, "/functions", fmt.Sprintf(`{"items":[{"fileId":%d%s}]}`, tt.file, fields), tt.want)
	}
	if list, err := c.GetFunctions(t.Context(), nil); err != nil || len(list.Items) != 1 {
		t.Errorf("%d functions after rejected requests, want 1 (error %v)", len(list.Items), err)
	}
}

func TestFilterFunctions(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("a", "b", "c"))
	one := c.deploy(gen.FunctionWrite{Name: "a", ExternalID: new("x-1"), Owner: new("ann"), Metadata: gen.Metadata{"k": "v", "l": "w"}})
	c.deploy(gen.FunctionWrite{Name: "b", ExternalID: new("x-2")})
	c.deploy(gen.FunctionWrite{Name: "c", ExternalID: new("y")})
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
		"no match":         {&gen.FunctionFilter{ExternalIDPrefix: new("x"), Name: new("c")}, 100, ""},
	} {
		list, err := c.ListFunctions(t.Context(), gen.FunctionListRequest{Filter: tt.filter, Limit: &tt.limit})
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, f := range list.Items {
			names = append(names, f.Name)
		}
		if found := strings.Join(names, " "); found != tt.want {
			t.Errorf("%s: found %q, want %q", name, found, tt.want)
		}
	}
	if response, body := c.request(http.MethodPost, "/functions/list", ""); response.StatusCode != http.StatusOK {
		t.Errorf("list without a body: status %d %s", response.StatusCode, body)
	}
}

func TestRetrieveAndDeleteFunctions(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("a", "b"))
	a := c.deploy(gen.FunctionWrite{Name: "a", ExternalID: new("ext-a")})
	b := c.deploy(gen.FunctionWrite{Name: "b"})
	call := c.callAndWait(b.ID, "")
	response, body := c.request(http.MethodPost, "/functions/byids", fmt.Sprintf(`{"items":[{"id":%d},{"externalId":"ext-a"},{"id":9}],"ignoreUnknownIds":true}`, b.ID))
	if response.StatusCode != http.StatusOK || strings.Index(body, `"name":"b"`) > strings.Index(body, `"name":"a"`) {
		t.Errorf("byids: status %d %s, want b before a", response.StatusCode, body)
	}
	unknown := errorResponse{Status: 400, Message: "function not found", Missing: []map[string]any{{"external_id": "unknown"}, {"id": 9.0}}}
	const both = `{"items":[{"externalId":"unknown"},{"externalId":"ext-a"},{"id":9}]}`
	c.wantError(http.MethodPost, "/functions/byids", both, unknown)
	c.wantError(http.MethodPost, "/functions/delete", both, unknown)
	c.wantError(http.MethodGet, "/functions/9", "", errorResponse{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": 9.0}}})
	if f := c.waitForDeployment(a.ID); f.ID != a.ID {
		t.Error("a rejected delete request deleted a function")
	}
	if f := c.waitForDeployment(b.ID); f.LastCalled == nil || *f.LastCalled != call.StartTime {
		t.Errorf("lastCalled is %v, want %d", f.LastCalled, call.StartTime)
	}
	if response, body := c.request(http.MethodPost, "/functions/delete", fmt.Sprintf(`{"items":[{"id":%d},{"externalId":"ext-a"},{"id":9}],"ignoreUnknownIds":true}`, b.ID)); strings.TrimSpace(body) != "{}" {
		t.Errorf("delete: status %d %s, want {}", response.StatusCode, body)
	}
	deleted := errorResponse{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": float64(b.ID)}}}
	for _, path := range []string{"", "/calls", fmt.Sprintf("/calls/%d", call.ID), fmt.Sprintf("/calls/%d/logs", call.ID), fmt.Sprintf("/calls/%d/response", call.ID)} {
		c.wantError(http.MethodGet, fmt.Sprintf("/functions/%d%s", b.ID, path), "", deleted)
	}
	if _, err := c.GetFileByInternalID(t.Context(), b.FileID); err != nil {
		t.Errorf("file of a deleted function: %v, want that it exists", err)
	}
	c.deploy(gen.FunctionWrite{Name: "a", ExternalID: new("ext-a")}) // the external id is available again
}

func TestTooManyFunctions(t *testing.T) {
	t.Parallel()
	options := withHandlers("f")
	options.Limits.Functions = 1
	c := run(t, options)
	f := c.deploy(gen.FunctionWrite{Name: "f"})
	c.wantError(http.MethodPost, "/functions", fmt.Sprintf(`{"items":[{"name":"f","fileId":%d}]}`, f.FileID),
		errorResponse{Status: 400, Message: "the project has 1 functions already"})
}

// TestDefaultLimits compares the default limits with the documented limits of a project on Google Cloud.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	_, body := run(t, emulator.Options{}).request(http.MethodGet, "/functions/limits", "")
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"timeoutMinutes": "9", "cpuCores": `{"default":1,"max":3,"min":1}`, "memoryGb": `{"default":1.5,"max":5,"min":1.5}`, "responseSizeMb": "1",
	} {
		if string(got[name]) != want {
			t.Errorf("%s is %s, documented is %s; if the documentation has changed, edit TestDefaultLimits in emulator/functions_test.go", name, got[name], want)
		}
	}
}

func TestLimitsAndStatus(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Limits: emulator.Limits{TimeoutMinutes: 10, Runtimes: []string{"py311"}}})
	limits, err := c.FunctionsLimits(t.Context())
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
	status, err := c.GetFunctionsStatus(t.Context())
	if err != nil || status.Status != gen.ActivationStatusActivated {
		t.Errorf("status %+v, error %v", status, err)
	}
	activation, err := c.PostFunctionsStatus(t.Context())
	if err != nil || activation.Status != gen.ActivationStatusActivated {
		t.Errorf("activation %+v, error %v", activation, err)
	}
}
