package functions

import (
	"testing"
)

const (
	exchangeBody = `{"items":[{"tokenExchange":true}]}`
	oneshotBody  = `{"items":[{"oneshotTokenExchange":true}]}`
	machineBody  = `{"items":[{"clientId":"id","clientSecret":"` + plantedSecret + `"}]}`
)

func TestCreateSession(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		credentials SessionCredentials
		body        string
		invalid     bool
	}{
		"machine":        {SessionClientCredentials("id", plantedSecret), machineBody, false},
		"exchange":       {SessionTokenExchange(), exchangeBody, false},
		"zero":           {SessionCredentials{}, exchangeBody, false},
		"one-shot":       {SessionOneshotTokenExchange(), oneshotBody, false},
		"without secret": {SessionClientCredentials("id", ""), "", true},
		"without id":     {SessionClientCredentials("", plantedSecret), "", true},
		// A token exchange would create a session of another identity.
		"empty machine": {SessionClientCredentials("", ""), "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script []responder
			if !test.invalid {
				script = []responder{respond(200, oneSession)}
			}
			c, f := newFakeClient(t, script)
			got, err := c.Sessions.Create(t.Context(), test.credentials)
			if test.invalid {
				check(t, "field", errorAs[*ArgumentError](t, err).Field, "session credentials")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			check(t, "nonce", got.Nonce, plantedNonce)
			check(t, "body", f.requests[0].Body, test.body)
		})
	}
}

func TestCreateSessionWithoutNonce(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"items":[]}`, `{"items":[{"id":5,"status":"READY","nonce":""}]}`} {
		c, _ := newFakeClient(t, []responder{respond(200, body)})
		_, err := c.Sessions.Create(t.Context(), SessionTokenExchange())
		check(t, "operation", errorAs[*RequestError](t, err).Operation, "createSessions")
		checkMessage(t, err, "nonce")
	}
}

// The session of a call comes from the credentials of the call, from those of the client, or from the token of the client,
// in this order.
func TestSessionOfACall(t *testing.T) {
	t.Parallel()
	machine := Config{TokenSource: ClientCredentials(ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: tokenURL})}
	token := respond(200, `{"access_token":"t","token_type":"bearer"}`)
	created, started, rejected := respond(200, oneSession), respond(201, runningCall), errorResponse(400, "cannot exchange")
	tests := map[string]struct {
		cfg    Config
		opts   []SessionOption
		script []responder
		bodies []string // of the requests for sessions, which come first or after the one for the token
		status int
	}{
		"credentials of the client":      {machine, nil, []responder{token, created, started}, []string{machineBody}, 0},
		"token of the client":            {Config{}, nil, []responder{created, started}, []string{exchangeBody}, 0},
		"token of the client, one-shot":  {Config{}, nil, []responder{rejected, created, started}, []string{exchangeBody, oneshotBody}, 0},
		"token of the client, rejected":  {Config{}, nil, []responder{rejected, rejected}, []string{exchangeBody, oneshotBody}, 400},
		"token of the client, forbidden": {Config{}, nil, []responder{errorResponse(403, "no")}, []string{exchangeBody}, 403},
		"other credentials":              {Config{}, []SessionOption{WithSession(SessionClientCredentials("id", plantedSecret))}, []responder{created, started}, []string{machineBody}, 0},
		"other credentials, machine":     {machine, []SessionOption{WithSession(SessionOneshotTokenExchange())}, []responder{token, created, started}, []string{oneshotBody}, 0},
		"other credentials, rejected":    {machine, []SessionOption{WithSession(SessionTokenExchange())}, []responder{token, rejected}, []string{exchangeBody}, 400},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeService(t, test.script...)
			_, err := f.client(t, test.cfg).Start(t.Context(), ID(42), nil, test.opts...)
			if test.status != 0 {
				check(t, "status", errorAs[*APIError](t, err).StatusCode, test.status)
			} else if err != nil {
				t.Fatal(err)
			}
			skip := 0
			if test.cfg.TokenSource != nil {
				skip = 1
			}
			for i, want := range test.bodies {
				check(t, "body", f.requests[skip+i].Body, want)
			}
		})
	}
}
