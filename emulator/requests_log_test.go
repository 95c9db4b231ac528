package emulator_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		if err := c.Reset(); err != nil {
			t.Fatal(err)
		}
		c.Freeze()
		c.post("/functions/list", `{"limit": 1}`)
		c.injectOnce(emulator.Fault{Kind: emulator.FaultReset, AfterWork: true})
		c.post("/functions/1/call", `{"nonce":"n"}`)
		c.do(http.MethodGet, c.URL()+"/elsewhere?q=1", "")
		c.do(http.MethodGet, c.URL()+"/_emulator/clock", "")
		want := []emulator.Request{
			{Operation: "listFunctions", Method: "POST", Path: "/api/v1/projects/emulator/functions/list", Body: `{"limit":1}`, Status: 200},
			{Operation: "postFunctionsCall", Method: "POST", Path: "/api/v1/projects/emulator/functions/1/call", Body: `{"nonce":"***"}`, Fault: "reset"},
			{Method: "GET", Path: "/elsewhere?q=1", Status: 404},
		}
		for i := range want {
			want[i].Protocol, want[i].Time = c.protocol, c.Now()
		}
		got := c.Requests()
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(emulator.Request{}, "ID", "Header", "ResponseBody", "Duration")); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		if !strings.Contains(got[0].ResponseBody, `"externalId":"f"`) || got[0].Header.Get("Authorization") != "***" || len(got[0].ID) == 0 {
			t.Errorf("request %+v, want a response, a masked token and an id", got[0])
		}
	})
}

func TestRequestLogIsBounded(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	const most = 1000
	for i := range most + 5 {
		c.request(http.MethodGet, fmt.Sprintf("/functions/status?n=%d", i), "")
	}
	requests := c.Requests()
	if len(requests) != most || !strings.HasSuffix(requests[0].Path, "n=5") || !strings.HasSuffix(requests[most-1].Path, "n=1004") {
		t.Errorf("%d requests, from %s to %s", len(requests), requests[0].Path, requests[len(requests)-1].Path)
	}
	c.request(http.MethodPost, "/functions/list", `{"filter":{"name":"`+strings.Repeat("x", 20_000)+`"}}`)
	if last := c.Requests()[most-1]; last.Body != "" || last.ResponseBody == "" {
		t.Errorf("body of %d and response of %d bytes, want no body above 16 KiB", len(last.Body), len(last.ResponseBody))
	}
}

// Secrets that clients send or receive are neither in the recorded requests nor in the dump.
func TestRequestsHaveNoSecrets(t *testing.T) {
	t.Parallel()
	const secret = "PLANTED"
	c := run(t, emulator.Options{Clients: map[string]string{"id": secret}, Overrides: map[string]emulator.Handler{"f": noop}})
	_, token := c.token("grant_type=client_credentials&client_id=id&client_secret="+secret, http.Header{})
	header := http.Header{"Authorization": {"Bearer " + fmt.Sprint(token["access_token"])}, "Cookie": {"c=" + secret}}
	send := func(method, path, body string) string {
		_, text := c.send(method, c.URL()+"/api/v1/projects/emulator"+path, body, header)
		return text
	}
	session := send(http.MethodPost, "/sessions", `{"items":[{"clientId":"id","clientSecret":"`+secret+`"}]}`)
	nonce := answer{body: session}.field("nonce")
	upload := answer{body: send(http.MethodPost, "/files", `{"name":"f.zip"}`)}
	c.put(upload.field("uploadUrl"), zipArchive(t, map[string]string{"handler.py": "KEY = '" + secret + "'\ndef handle(): pass"}))
	link := answer{body: send(http.MethodPost, "/files/downloadlink", `{"items":[{"id":`+upload.field("id")+`}]}`)}.field("downloadUrl")
	c.send(http.MethodGet, link, "", http.Header{})
	body := fmt.Sprintf(`{"items":[{"name":"f","externalId":"f","fileId":%s,"secrets":{"key":%q},"indexUrl":"https://u:%s@x.invalid","extraIndexUrls":[%q]}]}`,
		upload.field("id"), secret, secret, secret)
	send(http.MethodPost, "/functions", body)
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write([]byte(body))
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	header.Set("Content-Encoding", "gzip")
	send(http.MethodPost, "/functions", zipped.String()) // a duplicate
	text := fmt.Sprintf("%+v\n%s", c.Requests(), c.Dump())
	for name, hidden := range map[string]string{
		"secret": secret, "token": fmt.Sprint(token["access_token"]), "nonce": nonce,
		"upload": upload.field("uploadUrl"), "download": link, "client secret": c.ClientSecret(),
	} {
		if strings.Contains(text, hidden) {
			t.Errorf("the %s is shown in\n%s", name, text)
		}
	}
	for _, shown := range []string{`"secrets":{"key":"***"}`, "client_secret=***", "/storage/files/", "duplicated"} {
		if !strings.Contains(text, shown) {
			t.Errorf("%s is not shown in\n%s", shown, text)
		}
	}
}

func TestDump(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": echo}})
	c.schedule("0 7 * * *")
	c.Advance(12 * 24 * time.Hour)
	c.SetOutcomes("f", emulator.Outcome{Error: "first line\nsecond line", Log: []string{"1", "2", "3", "4"}})
	c.callAndWait(c.function("f").ID, "")
	c.Override("broken", noop)
	if f := c.waitForDeployment(c.create(gen.FunctionWrite{Name: "code", FileID: c.upload([]byte("no zip"))}).ID); f.Status != gen.FunctionStatusFailed {
		t.Fatalf("the function is %s", f.Status)
	}
	c.Inject(emulator.Fault{Kind: emulator.FaultStatus, Status: 503, Operation: "getFunctionsStatus"})
	for range 3 {
		c.request(http.MethodGet, "/functions/status", "")
	}
	dump := c.Dump()
	t.Log(dump)
	for _, want := range []string{
		"2030-07-13 00:00:00.000, frozen", "f: Ready", "calls: 13, the last 10", "first line second line", "log: 4", "code: Failed",
		"0 7 * * *", "2030-07-13 07:00:00", "ACTIVE", "getFunctionsStatus", "503", "3 times",
	} {
		if !strings.Contains(dump, want) {
			t.Errorf("the dump does not contain %q", want)
		}
	}
	for _, hidden := range []string{"log: 1\n", "2030-07-02"} {
		if strings.Contains(dump, hidden) {
			t.Errorf("the dump contains %q", hidden)
		}
	}
}
