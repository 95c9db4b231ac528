package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

// nonceService is a transport that numbers the nonces of its sessions ("nonce-1", "nonce-2") and responds to calls by a
// script.
type nonceService struct {
	t        *testing.T
	calls    []responder
	sessions int
	nonces   []string // the nonces of the calls
}

func (s *nonceService) RoundTrip(req *http.Request) (*http.Response, error) {
	body := recordRequest(req).Body
	switch {
	case strings.HasSuffix(req.URL.Path, "/sessions"):
		s.sessions++
		return respond(200, fmt.Sprintf(`{"items":[{"id":%d,"status":"READY","nonce":"nonce-%d"}]}`, s.sessions, s.sessions))(req)
	case len(s.nonces) == len(s.calls):
		s.t.Errorf("unexpected call: %s", body)
	}
	var call struct{ Nonce string }
	if err := json.Unmarshal([]byte(body), &call); err != nil {
		return nil, err
	}
	s.nonces = append(s.nonces, call.Nonce)
	return s.calls[len(s.nonces)-1](req)
}

// Each attempt of a call has a new nonce, unless the caller passes a nonce.
func TestNoncePerAttempt(t *testing.T) {
	t.Parallel()
	started := respond(201, runningCall)
	tests := map[string]struct {
		calls  []responder
		opts   []SessionOption
		nonces string
		status int // of the *APIError; 0 for success, 1 for a *RequestError
	}{
		"first attempt":              {[]responder{started}, nil, "nonce-1", 0},
		"200 instead of 201":         {[]responder{respond(200, runningCall)}, nil, "nonce-1", 0},
		"429":                        {append(times(2, errorResponse(429, "slow down")), started), nil, "nonce-1 nonce-2 nonce-3", 0},
		"not connected":              {[]responder{connectionRefused(), started}, nil, "nonce-1 nonce-2", 0},
		"auto-retryable 503":         {[]responder{errorResponse(503, "busy", "cdf-is-auto-retryable", "true"), started}, nil, "nonce-1 nonce-2", 0},
		"429 for all attempts":       {times(9, errorResponse(429, "slow down")), nil, "nonce-1 nonce-2 nonce-3 nonce-4 nonce-5 nonce-6 nonce-7 nonce-8 nonce-9", 429},
		"502":                        {[]responder{errorResponse(502, "bad gateway")}, nil, "nonce-1", 502},
		"503":                        {[]responder{errorResponse(503, "busy")}, nil, "nonce-1", 503},
		"400":                        {[]responder{errorResponse(400, "no")}, nil, "nonce-1", 400},
		"connection lost":            {[]responder{connectionReset()}, nil, "nonce-1", 1},
		"truncated response":         {[]responder{truncated(201, runningCall)}, nil, "nonce-1", 1},
		"no response":                {[]responder{hangs()}, nil, "nonce-1", 1},
		"own nonce":                  {[]responder{started}, []SessionOption{WithNonce("mine")}, "mine", 0},
		"own nonce, 429":             {[]responder{errorResponse(429, "slow down")}, []SessionOption{WithNonce("mine")}, "mine", 429},
		"own nonce, auto-retryable":  {[]responder{errorResponse(503, "busy", "cdf-is-auto-retryable", "true")}, []SessionOption{WithNonce("mine")}, "mine", 503},
		"own nonce, not connected":   {[]responder{connectionRefused(), started}, []SessionOption{WithNonce("mine")}, "mine mine", 0},
		"own nonce, connection lost": {[]responder{connectionReset()}, []SessionOption{WithNonce("mine")}, "mine", 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &nonceService{t: t, calls: test.calls}
				c := newTestClient(t, s, Config{})
				call, err := c.Start(t.Context(), ID(42), nil, test.opts...)
				switch test.status {
				case 0:
					if err != nil {
						t.Fatal(err)
					}
					check(t, "call", call.CallID(), CallID{42, 9})
				case 1:
					check(t, "attempts", errorAs[*RequestError](t, err).Attempts, len(test.calls))
				default:
					api := errorAs[*APIError](t, err)
					check(t, "status", api.StatusCode, test.status)
					check(t, "attempts", api.Attempts, len(test.calls))
				}
				check(t, "nonces", strings.Join(s.nonces, " "), test.nonces)
			})
		})
	}
}

// A nonce of the caller is still valid after a failed token request, because the call was not sent.
func TestOwnNonceAfterFailedTokenRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &tokenProvider{fetch: func(n int, req *http.Request) (*http.Response, error) {
			if n == 1 {
				return respond(503, "")(req)
			}
			return nil, nil
		}}
		if _, err := p.client(t).Start(t.Context(), ID(42), nil, WithNonce("mine")); err != nil {
			t.Error(err)
		}
		check(t, "requests", p.requests.Load(), 1)
	})
}

// A session that cannot be created fails the call, after the attempts for the session alone.
func TestCallWithoutSession(t *testing.T) {
	t.Parallel()
	t.Run("403", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{errorResponse(403, "no")})
			_, err := c.Start(t.Context(), ID(42), nil)
			api := errorAs[*APIError](t, err)
			check(t, "operation", api.Operation, "createSessions")
			checkMessage(t, err, "session", "sessionsAcl:CREATE")
		})
	})
	t.Run("503 for all attempts", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, times(9, errorResponse(503, "busy")))
			_, err := c.Start(t.Context(), ID(42), nil)
			check(t, "attempts", errorAs[*APIError](t, err).Attempts, 9)
		})
	})
}
