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

// sessionNow returns a session as it is now.
func (h *harness) sessionNow(id int64) gen.Session {
	h.t.Helper()
	answer, err := h.GetSessionsByIDs(h.t.Context(), gen.SessionByIDsRequest{Items: []gen.SessionReference{{ID: id}}})
	if err != nil {
		h.t.Fatal(err)
	}
	return answer.Items[0]
}

func TestKindsOfSession(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Clients: nil})
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
		{h.clientCredentials(), gen.SessionTypeClientCredentials, true},
		{exchange, gen.SessionTypeTokenExchange, false},
		{oneshot, gen.SessionTypeOneshotTokenExchange, false},
	} {
		session := h.session(tt.write)
		if *session.Type != tt.want || session.Status != gen.SessionStatusReady || session.Nonce == "" || (session.ClientID != nil) != tt.clientID {
			t.Errorf("session %+v, want type %s", session, tt.want)
		}
		if now := h.sessionNow(session.ID); *now.Type != tt.want || *now.Status != gen.SessionStatusReady || *now.ExpirationTime <= *now.CreationTime {
			t.Errorf("session %+v", now)
		}
	}
	h.refused(http.MethodPost, "/sessions", `{"items":[{}]}`, refusal{Status: 400, Message: "items.0"})
	h.refused(http.MethodPost, "/sessions", `{"items":[{"clientId":"a"}]}`, refusal{Status: 400, Message: "items.0"})
	h.refused(http.MethodPost, "/sessions", `{"items":[{"tokenExchange":false}]}`, refusal{Status: 400, Message: "items.0"})
}

func TestNonce(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f"))
	f := h.deploy(gen.FunctionWrite{Name: "f"})
	session := h.session(h.clientCredentials())
	use := func(nonce string) (reply, string) {
		return h.raw(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":%q}`, nonce))
	}
	if response, text := use(session.Nonce); response.StatusCode != http.StatusCreated {
		t.Fatalf("the first use answers %d %s", response.StatusCode, text)
	}
	if status := *h.sessionNow(session.ID).Status; status != gen.SessionStatusActive {
		t.Errorf("a bound session is %s, want ACTIVE", status)
	}
	revoked := h.session(h.clientCredentials())
	if _, err := h.RevokeSessions(t.Context(), gen.SessionRevokeRequest{Items: []gen.SessionReference{{ID: revoked.ID}}}); err != nil {
		t.Fatal(err)
	}
	for name, nonce := range map[string]string{"used": session.Nonce, "unknown": "abc", "empty": "", "revoked": revoked.Nonce} {
		if response, text := use(nonce); response.StatusCode != http.StatusBadRequest || !strings.Contains(text, "Failed to bind nonce with session") {
			t.Errorf("a nonce that is %s answers %d %s", name, response.StatusCode, text)
		}
		h.refused(http.MethodPost, "/functions/schedules",
			fmt.Sprintf(`{"items":[{"name":"s","cronExpression":"* * * * *","functionId":%d,"nonce":%q}]}`, f.ID, nonce),
			refusal{Status: 400, Message: "Failed to bind session on schedule with id None."})
	}
}

func TestNonceThatIsTooOld(t *testing.T) {
	t.Parallel()
	options := withHandlers("f")
	options.NonceLifetime = time.Nanosecond
	h := run(t, options)
	f := h.deploy(gen.FunctionWrite{Name: "f"})
	session := h.session(h.clientCredentials())
	h.refused(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":%q}`, session.Nonce),
		refusal{Status: 400, Message: "Failed to bind nonce with session"})
	if status := *h.sessionNow(session.ID).Status; status != gen.SessionStatusExpired {
		t.Errorf("a session that nobody bound in time is %s, want EXPIRED", status)
	}
}

func TestListSessions(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	var made []int64
	for range 5 {
		made = append(made, h.session(h.clientCredentials()).ID)
	}
	revoke := gen.SessionRevokeRequest{Items: []gen.SessionReference{{ID: made[1]}, {ID: made[3]}}}
	for range 2 { // again does nothing
		answer, err := h.RevokeSessions(t.Context(), revoke)
		if err != nil {
			t.Fatal(err)
		}
		if len(answer.Items) != 2 || *answer.Items[0].Status != gen.SessionStatusRevoked {
			t.Errorf("revoke answers %+v", answer)
		}
	}
	for name, tt := range map[string]struct {
		status gen.SessionStatusFilter
		want   []int64
	}{
		"all":        {"", []int64{made[4], made[3], made[2], made[1], made[0]}},
		"ready":      {"ready", []int64{made[4], made[2], made[0]}},
		"upper case": {"REVOKED", []int64{made[3], made[1]}},
	} {
		params := gen.ListSessionsParams{Limit: new(int32(2))}
		if tt.status != "" {
			params.Status = &tt.status
		}
		var found []int64
		for {
			page, err := h.ListSessions(t.Context(), &params)
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
	h.refused(http.MethodGet, "/sessions?limit=1001", "", refusal{Status: 400, Message: "limit"})
	h.refused(http.MethodGet, "/sessions?limit=0", "", refusal{Status: 400, Message: "the limit is 0"})
	h.refused(http.MethodGet, "/sessions?status=expired", "", refusal{Status: 400, Message: "the status"})
	h.refused(http.MethodGet, "/sessions?cursor=bad", "", refusal{Status: 400, Message: "the cursor is not valid"})
	for _, path := range []string{"/sessions/byids", "/sessions/revoke"} {
		h.refused(http.MethodPost, path, fmt.Sprintf(`{"items":[{"id":%d},{"id":9}]}`, made[0]),
			refusal{Status: 400, Message: "session not found", Missing: []map[string]any{{"id": 9.0}}})
	}
	if status := *h.sessionNow(made[0]).Status; status != gen.SessionStatusReady {
		t.Errorf("a refused revoke made a session %s", status)
	}
}
