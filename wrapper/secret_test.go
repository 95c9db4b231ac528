package functions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/cogfn/cogfn/gen"
)

var planted = []string{plantedToken, plantedNonce, plantedSecret, plantedKey}

// checkHidden fails the test if package fmt, package slog or JSON shows a planted secret in v.
func checkHidden(t *testing.T, what string, v any) {
	t.Helper()
	var logs bytes.Buffer
	slog.New(slog.NewTextHandler(&logs, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&logs, nil)).Info("x", "v", v)
	encoded, err := json.Marshal(v)
	if _, unsupported := errors.AsType[*json.UnsupportedTypeError](err); err != nil && !unsupported {
		t.Errorf("encode %s: %v", what, err)
	}
	outputs := map[string]string{
		"%v": fmt.Sprintf("%v", v), "%+v": fmt.Sprintf("%+v", v), "%#v": fmt.Sprintf("%#v", v),
		"nested": fmt.Sprintf("%+v %#v", struct{ V any }{v}, []any{v}), "slog": logs.String(), "JSON": string(encoded),
	}
	switch v.(type) {
	case fmt.Stringer, error:
		outputs["%s"], outputs["%q"], outputs["%x"] = fmt.Sprintf("%s", v), fmt.Sprintf("%q", v), fmt.Sprintf("%x", v)
	}
	if _, ok := v.(fmt.Formatter); ok { // package fmt does not call String for verbs of other types
		outputs["%d"], outputs["%t"] = fmt.Sprintf("%d", v), fmt.Sprintf("%t", v)
	}
	for format, text := range outputs {
		for _, secret := range planted {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("%s shows a secret with %s: %s", what, format, text)
			}
		}
	}
}

func TestOutputContainsNoSecret(t *testing.T) {
	t.Parallel()
	credentials := ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: tokenURL}
	source := ClientCredentials(credentials)
	session := CreatedSession{gen.CreatedSession{ID: 5, Nonce: plantedNonce, Status: "READY"}}
	for what, v := range map[string]any{
		"Secret":                      Secret(plantedSecret),
		"ClientCredentialsConfig":     credentials,
		"ClientCredentials":           source,
		"Config of ClientCredentials": Config{TokenSource: source},
		"StaticToken":                 StaticToken(plantedToken),
		"Config":                      Config{Cluster: "c", TokenSource: StaticToken(plantedToken)},
		"SessionCredentials":          SessionClientCredentials("id", plantedSecret),
		"CreatedSession":              session,
		"*CreatedSession":             &session,
		"SessionOption":               WithNonce(plantedNonce),
	} {
		checkHidden(t, what, v)
	}
	for _, v := range []any{source, StaticToken(plantedToken), SessionTokenExchange(), session} {
		_, ok := v.(fmt.Formatter)
		check(t, fmt.Sprintf("%T has Format", v), ok, true)
	}
	check(t, "value of the secret", string(Secret("x")), "x")
	check(t, "value of the nonce", session.Nonce, plantedNonce)
	check(t, "created session", session.String(), "session 5: READY")
	check(t, "token exchange", SessionTokenExchange().String(), "token exchange")
	check(t, "one-shot", SessionOneshotTokenExchange().String(), "one-shot token exchange")
	check(t, "client credentials", fmt.Sprint(source), "client credentials of id")
}

func TestClientContainsNoSecret(t *testing.T) {
	t.Parallel()
	p := &tokenProvider{}
	c := p.client(t)
	if _, err := c.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	checkHidden(t, "Client", c)
	checkHidden(t, "Sessions", c.Sessions)
	checkHidden(t, "Gen", c.Gen())
}

// serviceWithSecrets responds with planted secrets in nonces and signed URLs. The connection breaks at request number fail;
// 0 for never. It rejects transfers of files and the requests that it does not know.
func serviceWithSecrets(fail int) transportFunc {
	n := 0
	var lock sync.Mutex
	return func(req *http.Request) (*http.Response, error) {
		lock.Lock()
		defer lock.Unlock()
		n++
		if n == fail {
			return nil, &net.OpError{Op: "read", Err: errors.New("connection broke")}
		}
		switch {
		case strings.HasSuffix(req.URL.Path, "/sessions"):
			return respond(200, oneSession)(req)
		case strings.HasSuffix(req.URL.Path, "/call"):
			return respond(201, runningCall)(req)
		case strings.HasSuffix(req.URL.Path, "/files"):
			return respond(201, `{"id":7,"name":"f","uploaded":false,"createdTime":1,"lastUpdatedTime":1,"uploadUrl":"https://store.example.com/`+plantedKey+`?sig=`+plantedKey+`"}`)(req)
		case strings.HasSuffix(req.URL.Path, "/files/downloadlink"):
			return respond(200, `{"items":[{"downloadUrl":"https://store.example.com/`+plantedKey+`?sig=`+plantedKey+`"}]}`)(req)
		case strings.Contains(req.URL.Host, "store"):
			return errorResponse(403, "signature does not match")(req)
		case strings.HasSuffix(req.URL.Path, "/byids"):
			return respond(200, runningCalls)(req)
		default:
			return errorResponse(400, "no")(req)
		}
	}
}

// The test covers the methods that handle secrets, and a failure of each of their requests.
func TestErrorsAndLogsContainNoSecret(t *testing.T) {
	t.Parallel()
	operations := map[string]func(context.Context, *Client) error{
		"call": func(ctx context.Context, c *Client) error {
			_, err := c.Start(ctx, ID(42), map[string]string{"password": plantedSecret}, WithSession(SessionClientCredentials("id", plantedSecret)))
			return err
		},
		"call with nonce": func(ctx context.Context, c *Client) error {
			_, err := c.Start(ctx, ID(42), nil, WithNonce(plantedNonce))
			return err
		},
		"session": func(ctx context.Context, c *Client) error {
			_, err := c.Sessions.Create(ctx, SessionClientCredentials("", plantedSecret))
			return err
		},
		"upload": func(ctx context.Context, c *Client) error {
			_, err := c.Files.Upload(ctx, FileWrite{Name: "f"}, []byte(plantedSecret))
			return err
		},
		"download": func(ctx context.Context, c *Client) error {
			_, err := c.Files.Download(ctx, ID(7))
			return err
		},
		"create": func(ctx context.Context, c *Client) error {
			_, err := c.Create(ctx, FunctionWrite{Name: "f", Secrets: map[string]string{"k": plantedSecret}}, FileID(7))
			return err
		},
		"create with an invalid secret": func(ctx context.Context, c *Client) error {
			_, err := c.Create(ctx, FunctionWrite{Name: "f", Secrets: map[string]string{"BAD": plantedSecret}}, FileID(7))
			return err
		},
	}
	for name, do := range operations {
		for fail := range 4 {
			t.Run(fmt.Sprintf("%s, request %d fails", name, fail), func(t *testing.T) {
				t.Parallel()
				var logs bytes.Buffer
				logger := slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
				c := newTestClient(t, serviceWithSecrets(fail), Config{}, WithLogger(logger), withoutRetries())
				if err := do(t.Context(), c); err != nil {
					checkHidden(t, "the error", err)
				}
				for _, secret := range planted {
					if strings.Contains(logs.String(), secret) {
						t.Errorf("the log shows a secret:\n%s", logs.String())
					}
				}
			})
		}
	}
}

func TestLogRecords(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "duration" {
				return slog.Attr{}
			}
			return a
		},
	}))
	c, _ := newFakeClient(t, []responder{connectionRefused(), respond(200, runningCalls, "X-Request-Id", "r-1")},
		WithLogger(logger), WithRetry(RetryOptions{BaseDelay: 1}))
	if _, err := c.Calls.Retrieve(t.Context(), ID(42), 9); err != nil {
		t.Fatal(err)
	}
	check(t, "log", logs.String(), ""+
		`level=DEBUG msg="functions request" operation=byIdsFunctionCalls method=POST path=/functions/{functionId}/calls/byids attempt=1 error="dial tcp: connect: connection refused"`+"\n"+
		`level=DEBUG msg="functions request" operation=byIdsFunctionCalls method=POST path=/functions/{functionId}/calls/byids attempt=2 status=200 requestId=r-1`+"\n")
}

func TestAPIErrorInLogs(t *testing.T) {
	t.Parallel()
	var logs bytes.Buffer
	err := &APIError{Operation: "listFunctions", StatusCode: 400, Message: "no", RequestID: "r", Attempts: 2}
	slog.New(slog.NewJSONHandler(&logs, nil)).Info("x", "error", err)
	if want := `"error":{"operation":"listFunctions","status":400,"message":"no","requestId":"r","attempts":2}`; !strings.Contains(logs.String(), want) {
		t.Errorf("got %s, want %s in it", logs.String(), want)
	}
}
