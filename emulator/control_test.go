package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/cogfn/cogfn/api"
	"github.com/cogfn/cogfn/emulator"
)

// controller sends requests to the control API.
type controller struct {
	*testClient

	mu   sync.Mutex
	sent []string // "METHOD path"
}

func control(t *testing.T, options emulator.Options) *controller {
	t.Helper()
	return &controller{testClient: run(t, options)}
}

// do sends a request, checks the status and returns the decoded body.
func (c *controller) do(method, path, body string, status int) map[string]any {
	c.t.Helper()
	text := c.text(method, path, body, status)
	if text == "" {
		return nil
	}
	var value map[string]any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		c.t.Fatalf("%s %s: %s is not a JSON object: %v", method, path, text, err)
	}
	return value
}

// text sends a request, checks the status and returns the body.
func (c *controller) text(method, path, body string, status int) string {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.URL()+"/_emulator"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.SetBasicAuth(c.ClientID(), c.ClientSecret())
	response, text := c.send(method, request.URL.String(), body, request.Header)
	if response.StatusCode != status {
		c.t.Errorf("%s %s: status %d %s, want %d", method, path, response.StatusCode, text, status)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, method+" "+path)
	return text
}

func testControlClock(c *controller) {
	c.t.Helper()
	millis := float64(monday.UnixMilli())
	if got := c.do("PUT", "/clock", fmt.Sprintf(`{"time":%d,"frozen":true}`, monday.UnixMilli()), 200); got["time"] != millis || got["frozen"] != true {
		c.t.Errorf("set clock: %v", got)
	}
	if got := c.do("GET", "/clock", "", 200); got["time"] != millis || got["frozen"] != true {
		c.t.Errorf("clock: %v", got)
	}
	c.schedule("30 7 * * *")
	got := c.do("POST", "/clock/advance", `{"seconds":86400}`, 200)
	calls, _ := got["calls"].([]any)
	if got["time"] != millis+86400e3 || len(calls) != 1 {
		c.t.Fatalf("advance: %v, want one call", got)
	}
	call, _ := calls[0].(map[string]any)
	if call["status"] != "Completed" || call["scheduledTime"] != millis+7.5*3600e3 || call["response"] != nil {
		c.t.Errorf("call of the schedule: %v", call)
	}
	if items := c.do("GET", "/functions/f/calls", "", 200)["items"]; cmp.Diff(calls, items) != "" {
		c.t.Errorf("calls of the function: %v, want %v", items, calls)
	}
	if got := c.do("PUT", "/clock", `{"frozen":false}`, 200); got["frozen"] != false {
		c.t.Errorf("unfreeze: %v", got)
	}
}

func testControlBehavior(c *controller) {
	c.t.Helper()
	c.do("PUT", "/functions/a%2Fb", "", 204)
	c.do("PUT", "/functions/a%2Fb", "", 204) // does nothing
	if f := c.function("a/b"); f.Status != "Ready" {
		c.t.Errorf("function: %+v", f)
	}
	transitions := map[string]any{"deployments": map[string]any{"afterSeconds": 1.5}, "calls": map[string]any{"never": true}}
	c.do("PUT", "/transitions", `{"deployments":{"afterSeconds":1.5}}`, 200)
	if diff := cmp.Diff(transitions, c.do("PUT", "/transitions", `{"calls":{"never":true}}`, 200)); diff != "" {
		c.t.Errorf("set transitions (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(transitions, c.do("GET", "/transitions", "", 200)); diff != "" {
		c.t.Errorf("transitions (-want +got):\n%s", diff)
	}
	const outcomes = `{"items":[
		{"status":"Vanished","response":{"n":1},"log":["one"],"error":"gone","trace":"here","errorForm":"text","transition":{"polls":2}},
		{"status":"Completed","transition":{}}]}`
	var want map[string]any
	if err := json.Unmarshal([]byte(outcomes), &want); err != nil {
		c.t.Fatal(err)
	}
	if diff := cmp.Diff(want, c.do("PUT", "/functions/a%2Fb/outcomes", outcomes, 200)); diff != "" {
		c.t.Errorf("set outcomes (-want +got):\n%s", diff)
	}
	call := c.call(c.function("a/b").ID, "")
	for range 3 {
		if _, err := c.GetFunctionCall(c.t.Context(), call.FunctionID, call.ID); err != nil {
			c.t.Fatal(err)
		}
	}
	record := c.Calls("a/b")[0]
	if record.Status != "Vanished" || record.Error != "gone" || record.Trace != "here" || string(record.Response) != `{"n":1}` || !slices.Equal(record.Log, []string{"one"}) {
		c.t.Errorf("call: %+v", record)
	}
	if items, _ := c.do("GET", "/functions/a%2Fb/outcomes", "", 200)["items"].([]any); len(items) != 1 {
		c.t.Errorf("outcomes after a call: %v, want one", items)
	}
	if items, _ := c.do("PUT", "/functions/a%2Fb/outcomes", `{"items":[]}`, 200)["items"].([]any); len(items) != 0 {
		c.t.Errorf("outcomes after their removal: %v", items)
	}
}

func testControlProfile(c *controller) {
	c.t.Helper()
	assumptions := map[string]any{
		"callErrors": "text", "notReadyStatus": 409.0, "duplicateStatus": 400.0, "unknownCallStatus": 404.0, "runningResponseStatus": 425.0,
		"retryAfterSeconds": -1.0, "limitedCallUsesNonce": true, "limitedStatus": "Failed", "omitNone": true, "omitBlankLines": true,
		"rejectSmallSizes": true, "rejectNeverDue": true, "sessionLifetimeSeconds": 60.0,
	}
	want := map[string]any{"cloud": "azure", "assumptions": assumptions}
	body, err := json.Marshal(want)
	if err != nil {
		c.t.Fatal(err)
	}
	if diff := cmp.Diff(want, c.do("PUT", "/profile", string(body), 200)); diff != "" {
		c.t.Errorf("set profile (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, c.do("GET", "/profile", "", 200)); diff != "" {
		c.t.Errorf("profile (-want +got):\n%s", diff)
	}
	if n := reflect.TypeFor[emulator.Assumptions]().NumField(); n != len(assumptions) {
		c.t.Errorf("the control API has %d of %d assumptions", len(assumptions), n)
	}
	standard, _ := c.do("PUT", "/profile", "{}", 200)["assumptions"].(map[string]any)
	if standard["callErrors"] != "object" || standard["sessionLifetimeSeconds"] != 3600.0 {
		c.t.Errorf("default assumptions: %v", standard)
	}
}

func testControlFaults(c *controller) {
	c.t.Helper()
	const fault = `{"operation":"listFunctions","kind":"status","status":429,"retryAfterDateSeconds":-5,"message":"m","headers":{"A":"b"},
		"skip":1,"times":2,"probability":0.5,"seed":7,"afterWork":true,"delaySeconds":0.001}`
	var want any
	if err := json.Unmarshal([]byte(fault), &want); err != nil {
		c.t.Fatal(err)
	}
	injected := c.do("POST", "/faults", fault, 201)
	if diff := cmp.Diff(want, injected["fault"]); diff != "" || injected["hits"] != 0.0 {
		c.t.Errorf("injected fault (-want +got):\n%s", diff)
	}
	path := fmt.Sprint("/faults/", injected["id"])
	for i := 0; c.do("GET", path, "", 200)["hits"] != 2.0; i++ {
		c.request(http.MethodPost, "/functions/list", "{}")
		if i > 1000 {
			c.t.Fatal("the fault does not apply")
		}
	}
	c.do("DELETE", path, "", 204)
	c.do("DELETE", path, "", 404)
	c.do("GET", path, "", 404)
	for _, other := range []string{
		`{"kind":"slowBody","durationSeconds":2}`, `{"kind":"missingFields","field":"items.0.id"}`, `{"kind":"redirect","location":"http://x.invalid"}`,
		`{"kind":"status","status":503,"retryAfter":"soon"}`,
	} {
		c.do("POST", "/faults", other, 201)
	}
	if items, _ := c.do("GET", "/faults", "", 200)["items"].([]any); len(items) != 4 {
		c.t.Errorf("faults: %v, want 4", items)
	}
	c.do("DELETE", "/faults", "", 204)
	if len(c.Faults()) != 0 {
		c.t.Errorf("%d faults are left", len(c.Faults()))
	}
}

func testControlState(c *controller) {
	c.t.Helper()
	count := func() int {
		list, err := c.GetFunctions(c.t.Context(), nil)
		if err != nil {
			c.t.Fatal(err)
		}
		return len(list.Items)
	}
	before := count()
	snapshot := fmt.Sprint("/snapshots/", c.do("POST", "/snapshots", "", 201)["id"])
	c.do("PUT", "/functions/later", "", 204)
	if dump := c.text("GET", "/dump", "", 200); !strings.Contains(dump, "later: Ready") {
		c.t.Errorf("dump: %s", dump)
	}
	c.do("POST", snapshot+"/restore", "", 204)
	if after := count(); after != before {
		c.t.Errorf("%d functions after the restore, want %d", after, before)
	}
	c.do("DELETE", snapshot, "", 204)
	c.do("DELETE", snapshot, "", 404)
	c.do("POST", snapshot+"/restore", "", 404)
	requests, _ := c.do("GET", "/requests", "", 200)["items"].([]any)
	last, _ := requests[len(requests)-1].(map[string]any)
	if last["operation"] != "getFunctions" || last["status"] != 200.0 || last["method"] != "GET" {
		c.t.Errorf("last request: %v", last)
	}
	c.do("POST", "/reset", "", 204)
	if requests, _ := c.do("GET", "/requests", "", 200)["items"].([]any); len(requests) != 0 {
		c.t.Errorf("requests after the reset: %v", requests)
	}
}

func TestControlOperations(t *testing.T) {
	t.Parallel()
	c := control(t, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	testControlClock(c)
	testControlBehavior(c)
	testControlProfile(c)
	testControlFaults(c)
	testControlState(c)
	var description struct {
		Paths map[string]map[string]any
	}
	if err := yaml.Unmarshal(api.Emulator, &description); err != nil {
		t.Fatal(err)
	}
	for path, item := range description.Paths {
		for method := range item {
			if method == "parameters" {
				continue
			}
			want := strings.ToUpper(method) + strings.TrimPrefix(path, "/_emulator")
			if !slices.ContainsFunc(c.sent, func(sent string) bool { return matchesPath(want, strings.Replace(sent, " ", "", 1)) }) {
				t.Errorf("no test sends %s %s", strings.ToUpper(method), path)
			}
		}
	}
}

// matchesPath reports whether a path matches a template with parameters.
func matchesPath(template, path string) bool {
	return slices.EqualFunc(strings.Split(template, "/"), strings.Split(path, "/"), func(want, got string) bool {
		return want == got || strings.HasPrefix(want, "{") && got != "advance"
	})
}

func TestControlRejects(t *testing.T) {
	t.Parallel()
	c := control(t, emulator.Options{})
	for _, tt := range []struct{ method, path, body, want string }{
		{"POST", "/clock/advance", `{"seconds":-1}`, "seconds"},
		{"POST", "/clock/advance", `{}`, "seconds"},
		{"POST", "/clock/advance", ``, "missing"},
		{"POST", "/clock/advance", `{"seconds":1,"minutes":2}`, "Unknown field"},
		{"PUT", "/clock", `{"time":"tomorrow"}`, "time"},
		{"PUT", "/clock", `{"time":0}`, "time"},
		{"PUT", "/clock", `{"time":9223372036854775807}`, "time"},
		{"POST", "/clock/advance", `{"seconds":1e30}`, "seconds"},
		{"PUT", "/profile", `{"cloud":"oracle"}`, "cloud"},
		{"PUT", "/profile", `{"assumptions":{"limitedStatus":"Running"}}`, "LimitedStatus"},
		{"PUT", "/functions/" + strings.Repeat("x", 141), ``, "140"},
		{"PUT", "/transitions", `{"calls":{"polls":1,"never":true}}`, "one of them"},
		{"PUT", "/functions/f/outcomes", `{"items":[{"status":"Running"}]}`, "Running"},
		{"POST", "/faults", `{"kind":"status","status":99}`, "status"},
		{"POST", "/faults", `{"kind":"explode"}`, "kind"},
		{"POST", "/faults", `{"kind":"reset","operation":"unknown"}`, "operation"},
		{"GET", "/requests?limit=1", ``, "Unknown field"},
	} {
		if text := c.text(tt.method, tt.path, tt.body, 400); !strings.Contains(text, tt.want) {
			t.Errorf("%s %s %s: %s, want an error about %s", tt.method, tt.path, tt.body, text, tt.want)
		}
	}
}

// The control API accepts only the credentials of the emulator, even if every token is accepted.
func TestControlCredentials(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]emulator.Options{"any": {}, "clients": {Clients: map[string]string{"id": "secret", "other": "secret2"}}} {
		c := run(t, options)
		for _, tt := range []struct {
			id, secret string
			status     int
		}{
			{c.ClientID(), c.ClientSecret(), 200},
			{c.ClientID(), "wrong", 401},
			{"wrong", c.ClientSecret(), 401},
			{"", "", 401},
		} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL(), nil)
			if err != nil {
				t.Fatal(err)
			}
			request.SetBasicAuth(tt.id, tt.secret)
			response, _ := c.send(http.MethodGet, c.URL()+"/_emulator/clock", "", request.Header)
			if response.StatusCode != tt.status || (tt.status == 401) != (response.Header.Get("WWW-Authenticate") != "") {
				t.Errorf("%s: status %d for %s:%s, want %d", name, response.StatusCode, tt.id, tt.secret, tt.status)
			}
		}
		if response, _ := c.send(http.MethodGet, c.URL()+"/_emulator/clock", "", http.Header{"Authorization": {"Bearer any"}}); response.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: status %d for a token, want 401", name, response.StatusCode)
		}
	}
}

// A client that disconnects ends an advance that would take forever.
func TestControlAdvanceIsCanceled(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	c.schedule("* * * * *")
	c.http.Timeout = 50 * time.Millisecond
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL()+"/_emulator/clock/advance", strings.NewReader(`{"seconds":1e9}`))
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(c.ClientID(), c.ClientSecret())
	if response, err := c.http.Do(request); err == nil {
		_ = response.Body.Close()
		t.Fatal("advancing by 30 years took less than 50 ms")
	}
	c.Advance(0) // waits for the other advance
	if now := c.Now(); now.After(monday.Add(1e9 * time.Second)) {
		t.Errorf("the clock shows %v, want that the advance stopped", now)
	}
}
