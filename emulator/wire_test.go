package emulator_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

const form = "application/x-www-form-urlencoded"

// token asks for a token and returns the answer.
func (h *harness) token(body string, header http.Header) (status int, answer map[string]any) {
	h.t.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", form)
	response, text := h.send(http.MethodPost, h.TokenURL(), body, header)
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		h.t.Fatalf("the token URL answers %d %s", response.StatusCode, text)
	}
	return response.StatusCode, answer
}

// bearer makes the header's value from an answer of the token URL.
func bearer(answer map[string]any) string { return fmt.Sprint("Bearer ", answer["access_token"]) }

func credentials(id, secret string) string {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}.Encode()
}

func TestTokens(t *testing.T) {
	t.Parallel()
	strict := run(t, emulator.Options{Clients: map[string]string{"me": "my:secret+"}})
	basic := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+url.QueryEscape("my:secret+")))}}
	for name, tt := range map[string]struct {
		body   string
		header http.Header
		status int
		fault  string
	}{
		"form":         {credentials("me", "my:secret+"), nil, 200, ""},
		"Basic":        {"grant_type=client_credentials&scope=any", basic, 200, ""},
		"wrong secret": {credentials("me", "other"), nil, 401, "invalid_client"},
		"wrong id":     {credentials("you", "my:secret+"), nil, 401, "invalid_client"},
		"no client":    {"grant_type=client_credentials", nil, 401, "invalid_client"},
		"other grant":  {"grant_type=password", nil, 400, "unsupported_grant_type"},
		"no grant":     {"client_id=me", nil, 400, "invalid_request"},
		"no form":      {"%", nil, 400, "invalid_request"},
	} {
		status, answer := strict.token(tt.body, tt.header)
		if status != tt.status || (tt.fault != "" && answer["error"] != tt.fault) {
			t.Errorf("%s: %d %v, want %d %s", name, status, answer, tt.status, tt.fault)
		}
		if tt.fault == "" && (answer["token_type"] != "Bearer" || answer["expires_in"] != 3600.0 || answer["access_token"] == "") {
			t.Errorf("%s: answer %v", name, answer)
		}
	}
	if strict.ClientID() != "me" || strict.ClientSecret() != "my:secret+" {
		t.Errorf("credentials %s and %s", strict.ClientID(), strict.ClientSecret())
	}
	if open := run(t, emulator.Options{}); open.ClientID() == "" || open.ClientSecret() == "" {
		t.Error("no credentials")
	} else if status, _ := open.token(credentials(open.ClientID(), open.ClientSecret()), nil); status != http.StatusOK {
		t.Errorf("the emulator's own credentials give %d", status)
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	open := run(t, emulator.Options{})
	strict := run(t, emulator.Options{Clients: map[string]string{"me": "secret"}})
	brief := run(t, emulator.Options{TokenLifetime: time.Nanosecond})
	_, answer := strict.token(credentials("me", "secret"), nil)
	_, old := brief.token(credentials("any", "any"), nil)
	for name, tt := range map[string]struct {
		h             *harness
		authorization []string
		project       string
		status        int
	}{
		"any token":               {open, []string{"Bearer x"}, "emulator", 200},
		"lower case":              {open, []string{"bearer x"}, "emulator", 200},
		"none":                    {open, nil, "emulator", 401},
		"empty":                   {open, []string{"Bearer "}, "emulator", 401},
		"other kind":              {open, []string{"Basic eDp5"}, "emulator", 401},
		"other project":           {open, []string{"Bearer x"}, "other", 401},
		"any token is not enough": {strict, []string{"Bearer x"}, "emulator", 401},
		"issued token":            {strict, []string{bearer(answer)}, "emulator", 200},
		"changed token":           {strict, []string{bearer(answer) + "x"}, "emulator", 401},
		"expired token":           {brief, []string{bearer(old)}, "emulator", 401},
	} {
		address := tt.h.URL() + "/api/v1/projects/" + tt.project + "/functions/limits"
		response, text := tt.h.send(http.MethodGet, address, "", http.Header{"Authorization": tt.authorization})
		if response.StatusCode != tt.status {
			t.Errorf("%s: %d %s, want %d", name, response.StatusCode, text, tt.status)
		}
		if response.Header.Get("X-Request-Id") == "" || response.Header.Get("X-Emulator") != "cogfn" {
			t.Errorf("%s: header %v", name, response.Header)
		}
	}
	session := `{"items":[{"clientId":"me","clientSecret":"guess"}]}`
	response, text := strict.send(http.MethodPost, strict.URL()+"/api/v1/projects/emulator/sessions", session,
		http.Header{"Authorization": {bearer(answer)}, "Content-Type": {"application/json"}})
	if response.StatusCode != http.StatusBadRequest || strings.Contains(text, "guess") {
		t.Errorf("a session with a wrong secret answers %d %s", response.StatusCode, text)
	}
}

func TestInspectToken(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Project: "mine"})
	response, text := h.send(http.MethodGet, h.URL()+"/api/v1/token/inspect", "", http.Header{"Authorization": {"Bearer x"}})
	if response.StatusCode != http.StatusOK || !strings.Contains(text, `"projectUrlName":"mine"`) {
		t.Errorf("inspect answers %d %s", response.StatusCode, text)
	}
	if response, _ := h.send(http.MethodGet, h.URL()+"/api/v1/token/inspect", "", http.Header{}); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("inspect without a token answers %d", response.StatusCode)
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f"))
	for _, tt := range []struct {
		method, path, body string
		want               refusal
	}{
		{http.MethodGet, "/timeseries", "", refusal{Status: 404, Message: "the emulator has no GET /api/v1/projects/emulator/timeseries"}},
		{http.MethodDelete, "/functions", "", refusal{Status: 404, Message: "the emulator has no DELETE"}},
		{http.MethodGet, "/functions/", "", refusal{Status: 404, Message: "the emulator has no GET"}},
		{http.MethodPost, "/functions/list", `{}garbage`, refusal{Status: 400, Message: "the request body is not valid JSON: invalid character 'g' after top-level value"}},
		{http.MethodPost, "/functions/list", `{`, refusal{Status: 400, Message: "the request body is not valid JSON"}},
		{http.MethodPost, "/functions/list", `[]`, refusal{Status: 400, Message: "the request body"}},
		{http.MethodPost, "/functions/list", `{"limit":0}`, refusal{Status: 400, Message: "limit"}},
		{http.MethodPost, "/functions/list", `{"filter":{"what":1}}`, refusal{Status: 400, Message: "{'filter': {'what': ['Unknown field.']}}"}},
		{http.MethodGet, "/functions?partition=1", "", refusal{Status: 400, Message: "{'partition': ['Unknown field.']}"}},
		{http.MethodPost, "/functions/list", `{"limit":1.0}`, refusal{Status: 400, Message: "limit: write a whole number as digits alone, without a decimal point or exponent, in the request body"}},
		{http.MethodPost, "/functions/list", `{"filter":{"createdTime":{"min":1e2}}}`, refusal{Status: 400, Message: "filter.createdTime.min: write a whole number as digits alone"}},
		{http.MethodPost, "/functions/byids", `{"items":[{"id":1.0}]}`, refusal{Status: 400, Message: "id: write a whole number as digits alone"}},
		{http.MethodGet, "/functions?limit=many", "", refusal{Status: 400, Message: "the parameter limit is not valid"}},
		{http.MethodGet, "/functions/abc", "", refusal{Status: 400, Message: "the parameter functionId is not valid"}},
		{http.MethodGet, "/functions/0", "", refusal{Status: 400, Message: "function not found: id 0", Missing: []map[string]any{{"id": 0.0}}}},
		// The description bounds ids in bodies, but not in paths and queries.
		{http.MethodGet, "/functions/9007199254740993", "", refusal{Status: 400, Message: "function not found: id 9007199254740993", Missing: []map[string]any{{"id": 9007199254740993.0}}}},
		{http.MethodGet, "/functions/9223372036854775808", "", refusal{Status: 400, Message: "functionId"}},
		{http.MethodGet, "/functions?limit=9223372036854775808", "", refusal{Status: 400, Message: "limit"}},
		{http.MethodPost, "/functions/byids", `{"items":[{"id":9007199254740993}]}`, refusal{Status: 400, Message: "items.0.id: number must be at most 9007199254740991"}},
		{http.MethodPost, "/functions/1/calls/byids", `{"items":[{"id":7},{"id":8},{"id":7}]}`, refusal{Status: 400, Message: "items: duplicate items found in the request body"}},
		{http.MethodPost, "/functions/schedules/byids", `{"items":[{"id":7},{"id":7}]}`, refusal{Status: 400, Message: "items: duplicate items found in the request body"}},
		{http.MethodPost, "/functions/byids", `{"items":[]}`, refusal{Status: 400, Message: "items"}},
		{http.MethodPost, "/functions", "", refusal{Status: 400, Message: "the request body is missing"}},
	} {
		h.refused(tt.method, tt.path, tt.body, tt.want)
	}
	header := http.Header{"Authorization": {"Bearer x"}, "Content-Type": {"text/plain"}}
	if response, text := h.send(http.MethodPost, h.URL()+"/api/v1/projects/emulator/functions/list", "{}", header); response.StatusCode != http.StatusBadRequest {
		t.Errorf("a body of text answers %d %s", response.StatusCode, text)
	}
	header.Set("Content-Encoding", "br")
	if response, _ := h.send(http.MethodPost, h.URL()+"/api/v1/projects/emulator/functions/list", "{}", header); response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("an unknown encoding answers %d", response.StatusCode)
	}
	header.Set("Content-Encoding", "gzip")
	if response, _ := h.send(http.MethodPost, h.URL()+"/api/v1/projects/emulator/functions/list", "{}", header); response.StatusCode != http.StatusBadRequest {
		t.Errorf("broken gzip answers %d", response.StatusCode)
	}
}

// No list has so many items; the limit means all.
func TestGreatLimitsInQueries(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f"))
	f := h.deploy(gen.FunctionWrite{Name: "f"})
	for _, path := range []string{"/functions", "/functions/schedules", fmt.Sprintf("/functions/%d/calls", f.ID)} {
		for _, limit := range []string{"9007199254740993", "9223372036854775807"} {
			if response, text := h.raw(http.MethodGet, path+"?limit="+limit, ""); response.StatusCode != http.StatusOK {
				t.Errorf("GET %s with the limit %s answers %d %s", path, limit, response.StatusCode, text)
			}
		}
	}
}

func TestCompressedBody(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f"))
	h.deploy(gen.FunctionWrite{Name: "f"})
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := fmt.Fprint(w, `{"filter":{"name":"f"}}`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	response, text := h.send(http.MethodPost, h.URL()+"/api/v1/projects/emulator/functions/list", packed.String(),
		http.Header{"Authorization": {"Bearer x"}, "Content-Encoding": {"gzip"}})
	if response.StatusCode != http.StatusOK || !strings.Contains(text, `"name":"f"`) {
		t.Errorf("answer %d %s", response.StatusCode, text)
	}
}

func TestHostOfAnotherMachine(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	for host, want := range map[string]int{
		"attacker.example.com": http.StatusForbidden, "localhost:1": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:80": http.StatusOK,
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+"/api/v1/projects/emulator/functions", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		request.Header.Set("Authorization", "Bearer x")
		response, err := h.http.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("host %s: status %d, want %d", host, response.StatusCode, want)
		}
	}
}
