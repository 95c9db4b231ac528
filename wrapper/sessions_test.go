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
		refuse      string
	}{
		"machine":        {SessionClientCredentials("id", plantedSecret), machineBody, ""},
		"exchange":       {SessionTokenExchange(), exchangeBody, ""},
		"zero":           {SessionCredentials{}, exchangeBody, ""},
		"one-shot":       {SessionOneshotTokenExchange(), oneshotBody, ""},
		"without secret": {SessionClientCredentials("id", ""), "", "functions: session credentials need both a client id and a client secret"},
		"without id":     {SessionClientCredentials("", plantedSecret), "", "functions: session credentials need both a client id and a client secret"},
		// Not a token exchange, which would act for somebody else than asked for.
		"empty machine": {SessionClientCredentials("", ""), "", "functions: session credentials need both a client id and a client secret"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script []responder
			if test.refuse == "" {
				script = []responder{respond(200, oneSession)}
			}
			c, f := newFakeClient(t, script)
			got, err := c.Sessions.Create(t.Context(), test.credentials)
			if test.refuse != "" {
				check(t, "error", errorAs[*ArgumentError](t, err).Error(), test.refuse)
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

func TestSessionAnswersWithoutNonce(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"items":[]}`, `{"items":[{"id":5,"status":"READY","nonce":""}]}`} {
		c, _ := newFakeClient(t, []responder{respond(200, body)})
		_, err := c.Sessions.Create(t.Context(), SessionTokenExchange())
		check(t, "error", errorAs[*RequestError](t, err).Error(), "functions: createSessions got no usable answer: the answer holds no nonce")
	}
}

// The session of a call is made by the call's credentials, the client's, or its token, in this order.
func TestSessionOfACall(t *testing.T) {
	t.Parallel()
	machine := Config{TokenSource: ClientCredentials(ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: tokenURL})}
	token := respond(200, `{"access_token":"t","token_type":"bearer"}`)
	created, started, refused := respond(200, oneSession), respond(201, runningCall), errorResponse(400, "cannot exchange")
	tests := map[string]struct {
		cfg    Config
		opts   []SessionOption
		script []responder
		bodies []string // of the requests for sessions, which come first, after that for the token
		status int
	}{
		"the client's credentials":       {machine, nil, []responder{token, created, started}, []string{machineBody}, 0},
		"the client's token":             {Config{}, nil, []responder{created, started}, []string{exchangeBody}, 0},
		"the client's token, one-shot":   {Config{}, nil, []responder{refused, created, started}, []string{exchangeBody, oneshotBody}, 0},
		"the client's token, refused":    {Config{}, nil, []responder{refused, refused}, []string{exchangeBody, oneshotBody}, 400},
		"the client's token, forbidden":  {Config{}, nil, []responder{errorResponse(403, "no")}, []string{exchangeBody}, 403},
		"other credentials":              {Config{}, []SessionOption{WithSession(SessionClientCredentials("id", plantedSecret))}, []responder{created, started}, []string{machineBody}, 0},
		"other credentials than machine": {machine, []SessionOption{WithSession(SessionOneshotTokenExchange())}, []responder{token, created, started}, []string{oneshotBody}, 0},
		"other credentials, refused":     {machine, []SessionOption{WithSession(SessionTokenExchange())}, []responder{token, refused}, []string{exchangeBody}, 400},
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
