package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// getSession returns a session.
func (c *testClient) getSession(id int64) gen.Session {
	c.t.Helper()
	sessions, err := c.GetSessionsByIDs(c.t.Context(), gen.SessionByIDsRequest{Items: []gen.SessionReference{{ID: id}}})
	if err != nil {
		c.t.Fatal(err)
	}
	return sessions.Items[0]
}

func TestCreateSession(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	var exchange, oneshot gen.SessionWrite
	if err := exchange.FromSessionWithTokenExchange(gen.SessionWithTokenExchange{TokenExchange: true}); err != nil {
		t.Fatal(err)
	}
	if err := oneshot.FromSessionWithOneshotTokenExchange(gen.SessionWithOneshotTokenExchange{OneshotTokenExchange: true}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		write    gen.SessionWrite
		want     gen.SessionType
		clientID bool
	}{
		{c.clientCredentials(), gen.SessionTypeClientCredentials, true},
		{exchange, gen.SessionTypeTokenExchange, false},
		{oneshot, gen.SessionTypeOneshotTokenExchange, false},
	} {
		session := c.createSession(tt.write)
		if *session.Type != tt.want || session.Status != gen.SessionStatusReady || session.Nonce == "" || (session.ClientID != nil) != tt.clientID {
			t.Errorf("created session %+v, want type %s", session, tt.want)
		}
		if got := c.getSession(session.ID); *got.Type != tt.want || *got.Status != gen.SessionStatusReady || *got.ExpirationTime <= *got.CreationTime {
			t.Errorf("session %+v, want type %s", got, tt.want)
		}
	}
	c.wantError(http.MethodPost, "/sessions", `{"items":[{}]}`, errorResponse{Status: 400, Message: "items.0"})
	c.wantError(http.MethodPost, "/sessions", `{"items":[{"clientId":"a"}]}`, errorResponse{Status: 400, Message: "items.0"})
	c.wantError(http.MethodPost, "/sessions", `{"items":[{"tokenExchange":false}]}`, errorResponse{Status: 400, Message: "items.0"})
}

func TestNonce(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f"))
	f := c.deploy(gen.FunctionWrite{Name: "f"})
	session := c.createSession(c.clientCredentials())
	use := func(nonce string) (httpResponse, string) {
		return c.request(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":%q}`, nonce))
	}
	if response, body := use(session.Nonce); response.StatusCode != http.StatusCreated {
		t.Fatalf("first use: status %d %s, want 201", response.StatusCode, body)
	}
	if status := *c.getSession(session.ID).Status; status != gen.SessionStatusActive {
		t.Errorf("status of a bound session: %s, want ACTIVE", status)
	}
	revoked := c.createSession(c.clientCredentials())
	if _, err := c.RevokeSessions(t.Context(), gen.SessionRevokeRequest{Items: []gen.SessionReference{{ID: revoked.ID}}}); err != nil {
		t.Fatal(err)
	}
	for name, nonce := range map[string]string{"used": session.Nonce, "unknown": "abc", "empty": "", "revoked": revoked.Nonce} {
		if response, body := use(nonce); response.StatusCode != http.StatusBadRequest || !strings.Contains(body, "Failed to bind nonce with session") {
			t.Errorf("%s nonce: status %d %s, want 400", name, response.StatusCode, body)
		}
		c.wantError(http.MethodPost, "/functions/schedules",
			fmt.Sprintf(`{"items":[{"name":"s","cronExpression":"* * * * *","functionId":%d,"nonce":%q}]}`, f.ID, nonce),
			errorResponse{Status: 400, Message: "Failed to bind session on schedule with id None."})
	}
}

func TestExpiredNonce(t *testing.T) {
	t.Parallel()
	options := withHandlers("f")
	options.NonceLifetime = time.Nanosecond
	c := run(t, options)
	f := c.deploy(gen.FunctionWrite{Name: "f"})
	session := c.createSession(c.clientCredentials())
	c.wantError(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":%q}`, session.Nonce),
		errorResponse{Status: 400, Message: "Failed to bind nonce with session"})
	if status := *c.getSession(session.ID).Status; status != gen.SessionStatusExpired {
		t.Errorf("status of a session with an expired nonce: %s, want EXPIRED", status)
	}
}

func TestListSessions(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	var ids []int64
	for range 5 {
		ids = append(ids, c.createSession(c.clientCredentials()).ID)
	}
	revoke := gen.SessionRevokeRequest{Items: []gen.SessionReference{{ID: ids[1]}, {ID: ids[3]}}}
	for range 2 { // the second request has no effect
		revoked, err := c.RevokeSessions(t.Context(), revoke)
		if err != nil {
			t.Fatal(err)
		}
		if len(revoked.Items) != 2 || *revoked.Items[0].Status != gen.SessionStatusRevoked {
			t.Errorf("revoke: %+v", revoked)
		}
	}
	for name, tt := range map[string]struct {
		status gen.SessionStatusFilter
		want   []int64
	}{
		"all":        {"", []int64{ids[4], ids[3], ids[2], ids[1], ids[0]}},
		"ready":      {"ready", []int64{ids[4], ids[2], ids[0]}},
		"upper case": {"REVOKED", []int64{ids[3], ids[1]}},
	} {
		params := gen.ListSessionsParams{Limit: new(int32(2))}
		if tt.status != "" {
			params.Status = &tt.status
		}
		var found []int64
		for {
			page, err := c.ListSessions(t.Context(), &params)
			if err != nil {
				t.Fatal(err)
			}
			for _, session := range page.Items {
				found = append(found, session.ID)
			}
			if params.Cursor = page.NextCursor; page.NextCursor == nil {
				break
			}
		}
		if fmt.Sprint(found) != fmt.Sprint(tt.want) {
			t.Errorf("%s: found %v, want %v", name, found, tt.want)
		}
	}
	c.wantError(http.MethodGet, "/sessions?limit=1001", "", errorResponse{Status: 400, Message: "limit"})
	c.wantError(http.MethodGet, "/sessions?limit=0", "", errorResponse{Status: 400, Message: "limit"})
	c.wantError(http.MethodGet, "/sessions?status=expired", "", errorResponse{Status: 400, Message: "status"})
	c.wantError(http.MethodGet, "/sessions?cursor=bad", "", errorResponse{Status: 400, Message: "cursor"})
	for _, path := range []string{"/sessions/byids", "/sessions/revoke"} {
		c.wantError(http.MethodPost, path, fmt.Sprintf(`{"items":[{"id":%d},{"id":9}]}`, ids[0]),
			errorResponse{Status: 400, Message: "session not found", Missing: []map[string]any{{"id": 9.0}}})
	}
	if status := *c.getSession(ids[0]).Status; status != gen.SessionStatusReady {
		t.Errorf("status of a session after a rejected revoke request: %s, want READY", status)
	}
}
