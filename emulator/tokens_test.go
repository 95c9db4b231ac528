package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
)

// token sends a request to the token endpoint and returns the decoded response.
func (c *testClient) token(body string, header http.Header) (status int, response map[string]any) {
	c.t.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	httpResponse, content := c.send(http.MethodPost, c.TokenURL(), body, header)
	if err := json.Unmarshal([]byte(content), &response); err != nil {
		c.t.Fatalf("token: status %d %s", httpResponse.StatusCode, content)
	}
	return httpResponse.StatusCode, response
}

// bearer returns the Authorization header for a token response.
func bearer(response map[string]any) string { return fmt.Sprint("Bearer ", response["access_token"]) }

// credentials returns the form of a token request.
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
		code   string // of the error
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
		status, response := strict.token(tt.body, tt.header)
		if status != tt.status || (tt.code != "" && response["error"] != tt.code) {
			t.Errorf("%s: status %d, response %v, want %d %s", name, status, response, tt.status, tt.code)
		}
		if tt.code == "" && (response["token_type"] != "Bearer" || response["expires_in"] != 3600.0 || response["access_token"] == "") {
			t.Errorf("%s: response %v", name, response)
		}
	}
	if strict.ClientID() != "me" || strict.ClientSecret() != "my:secret+" {
		t.Errorf("ClientID %s, ClientSecret %s, want the configured client", strict.ClientID(), strict.ClientSecret())
	}
	permissive := run(t, emulator.Options{})
	if permissive.ClientID() == "" || permissive.ClientSecret() == "" {
		t.Error("no default credentials")
	}
	if status, _ := permissive.token(credentials(permissive.ClientID(), permissive.ClientSecret()), nil); status != http.StatusOK {
		t.Errorf("default credentials: status %d, want 200", status)
	}
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	permissive := run(t, emulator.Options{})
	strict := run(t, emulator.Options{Clients: map[string]string{"me": "secret"}})
	expiring := run(t, emulator.Options{TokenLifetime: time.Nanosecond})
	_, issued := strict.token(credentials("me", "secret"), nil)
	_, expired := expiring.token(credentials("any", "any"), nil)
	for name, tt := range map[string]struct {
		client        *testClient
		authorization []string
		project       string
		status        int
	}{
		"any token":     {permissive, []string{"Bearer x"}, "emulator", 200},
		"lower case":    {permissive, []string{"bearer x"}, "emulator", 200},
		"none":          {permissive, nil, "emulator", 401},
		"empty":         {permissive, []string{"Bearer "}, "emulator", 401},
		"other kind":    {permissive, []string{"Basic eDp5"}, "emulator", 401},
		"other project": {permissive, []string{"Bearer x"}, "other", 401},
		"unknown token": {strict, []string{"Bearer x"}, "emulator", 401},
		"issued token":  {strict, []string{bearer(issued)}, "emulator", 200},
		"changed token": {strict, []string{bearer(issued) + "x"}, "emulator", 401},
		"expired token": {expiring, []string{bearer(expired)}, "emulator", 401},
	} {
		address := tt.client.URL() + "/api/v1/projects/" + tt.project + "/functions/limits"
		response, body := tt.client.send(http.MethodGet, address, "", http.Header{"Authorization": tt.authorization})
		if response.StatusCode != tt.status {
			t.Errorf("%s: status %d %s, want %d", name, response.StatusCode, body, tt.status)
		}
		if response.Header.Get("X-Request-Id") == "" || response.Header.Get("X-Emulator") != "cogfn" {
			t.Errorf("%s: header %v", name, response.Header)
		}
	}
	session := `{"items":[{"clientId":"me","clientSecret":"guess"}]}`
	response, body := strict.send(http.MethodPost, strict.URL()+"/api/v1/projects/emulator/sessions", session,
		http.Header{"Authorization": {bearer(issued)}, "Content-Type": {"application/json"}})
	if response.StatusCode != http.StatusBadRequest || strings.Contains(body, "guess") {
		t.Errorf("session with a wrong secret: status %d %s, want 400 without the secret", response.StatusCode, body)
	}
}

func TestInspectToken(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Project: "mine"})
	response, body := c.send(http.MethodGet, c.URL()+"/api/v1/token/inspect", "", http.Header{"Authorization": {"Bearer x"}})
	if response.StatusCode != http.StatusOK || !strings.Contains(body, `"projectUrlName":"mine"`) {
		t.Errorf("inspect: status %d %s", response.StatusCode, body)
	}
	if response, _ := c.send(http.MethodGet, c.URL()+"/api/v1/token/inspect", "", http.Header{}); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("inspect without a token: status %d, want 401", response.StatusCode)
	}
}
