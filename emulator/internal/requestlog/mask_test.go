package requestlog

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zipped(t *testing.T, body string) string {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}

func TestMaskBody(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for name, tt := range map[string]struct{ body, contentType, encoding, want string }{
		"no secret":         {`{"limit": 1e3, "name": "<a>"}`, "", "", `{"limit":1e3,"name":"<a>"}`},
		"all digits":        {`12345678901234567890123`, "", "", `12345678901234567890123`},
		"nonce":             {`[{"nonce": "n"}]`, "", "", `[{"nonce":"***"}]`},
		"other spelling":    {`{"Client-Secret": "s"}`, "", "", `{"Client-Secret":"***"}`},
		"secrets":           {`{"secrets": {"a": "s", "b": {"c": 1}}}`, "", "", `{"secrets":{"a":"***","b":"***"}}`},
		"secrets as a list": {`{"secrets": ["s"]}`, "", "", `{"secrets":"***"}`},
		"list of URLs":      {`{"extraIndexUrls": ["https://u:p@host"]}`, "", "", `{"extraIndexUrls":"***"}`},
		"gzip":              {zipped(t, `{"nonce": "n"}`), "", "GZIP", `{"nonce":"***"}`},
		"not gzip":          {`{"nonce": "n"}`, "", "gzip", ""},
		"long after gzip":   {zipped(t, `"`+strings.Repeat("x", maxBody)+`"`), "", "gzip", ""},
		"truncated":         {`{"a": 1, "nonce": "n`, "", "", ""},
		"binary":            {"PK\x03\x04", "", "", ""},
		"form":              {"grant_type=a&client%5Fsecret=s&scope=b", form, "", "grant_type=a&client%5Fsecret=***&scope=b"},
		"invalid form":      {"%zz=s&a=1", form + "; charset=utf-8", "", "%zz=***&a=1"},
	} {
		header := http.Header{"Content-Type": {tt.contentType}, "Content-Encoding": {tt.encoding}}
		if got := maskBody([]byte(tt.body), header); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestMaskPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/a":                       "/a",
		"/a?":                      "/a?",
		"/a?b=1&b=2&c":             "/a?b=1&b=2&c",
		"/a?b=1&access_token=s&c=": "/a?b=1&access_token=***&c=",
		"/a?clientSecret=s?&b=1":   "/a?clientSecret=***&b=1",
	} {
		if got := maskPath(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestMaskHeader(t *testing.T) {
	t.Parallel()
	header := http.Header{"Authorization": {"a", "b"}, "Cookie": {"c"}, "Api-Key": {"d"}, "Accept": {"e"}}
	got := maskHeader(header)
	for name, want := range map[string]string{"Authorization": "***", "Cookie": "***", "Api-Key": "***", "Accept": "e"} {
		if len(got[name]) != 1 || got[name][0] != want {
			t.Errorf("%s: %v, want %s", name, got[name], want)
		}
	}
	if header.Get("Cookie") != "c" {
		t.Error("the header of the request was changed")
	}
}

// A secret is nowhere in the log, at any depth of any JSON body.
func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	const secret = "PLANTED"
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{"secrets", "nonce", "clientSecret", "client_secret", "indexUrl", "extraIndexUrls", "ACCESS_TOKEN"}).Draw(t, "key")
		value := rapid.SampledFrom([]string{`"` + secret + `"`, `["` + secret + `"]`, `{"a": {"b": "` + secret + `"}}`}).Draw(t, "value")
		body := `{"shown": 1, "` + key + `": ` + value + `}`
		for range rapid.IntRange(0, 5).Draw(t, "depth") {
			body = rapid.SampledFrom([]string{`[1, ` + body + `]`, `{"outer": ` + body + `}`}).Draw(t, "container")
		}
		got := maskBody([]byte(body), nil)
		if strings.Contains(got, secret) || !strings.Contains(got, `"shown":1`) {
			t.Errorf("%s is recorded as %s", body, got)
		}
	})
}

// A request is in the log before its body has arrived.
func TestRequestWithoutCompleteBody(t *testing.T) {
	t.Parallel()
	var log Log
	reading, abort := make(chan struct{}), make(chan struct{})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/a", readerFunc(func([]byte) (int, error) {
		close(reading)
		<-abort
		return 0, http.ErrBodyReadAfterClose
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e, r := log.Begin(r, "id", "/a", time.Time{})
		if _, err := r.Body.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose { //nolint:errorlint // not wrapped
			t.Errorf("error %v of the body, want that of the connection", err)
		}
		e.End(0)
	}()
	<-reading
	if requests := log.Requests(); len(requests) != 1 || requests[0].ID != "id" || requests[0].Body != "" {
		t.Errorf("requests %+v, want the one that is being received", requests)
	}
	close(abort)
	<-ended
	if requests := log.Requests(); requests[0].Status != 0 {
		t.Errorf("request %+v, want one that has ended without a response", requests[0])
	}
	log.Clear()
	if requests := log.Requests(); len(requests) != 0 {
		t.Errorf("requests after Clear: %+v", requests)
	}
}

type readerFunc func([]byte) (int, error)

// Read implements [io.Reader].
func (f readerFunc) Read(part []byte) (int, error) { return f(part) }
