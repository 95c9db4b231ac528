package functions

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id     Identifier
		text   string
		refuse string
	}{
		"id":               {ID(42), "id 42", ""},
		"greatest id":      {ID(1<<53 - 1), "id 9007199254740991", ""},
		"id too great":     {ID(1 << 53), "id 9007199254740992", "functions: id is 9007199254740992; ids are between 1 and 9007199254740991"},
		"negative id":      {ID(-1), "id -1", "functions: id is -1; ids are between 1 and 9007199254740991"},
		"zero id":          {ID(0), "id 0", "functions: identifier is empty; use functions.ID or functions.ExternalID"},
		"external id":      {ExternalID("a/b c"), "external id a/b c", ""},
		"longest":          {ExternalID(strings.Repeat("ø", gen.ExternalIDMaxLength)), "external id " + strings.Repeat("ø", gen.ExternalIDMaxLength), ""},
		"too long":         {ExternalID(strings.Repeat("a", gen.ExternalIDMaxLength+1)), "external id " + strings.Repeat("a", gen.ExternalIDMaxLength+1), fmt.Sprintf("functions: external id has more than %d characters", gen.ExternalIDMaxLength)},
		"zero external id": {ExternalID(""), "id 0", "functions: identifier is empty; use functions.ID or functions.ExternalID"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, "text", test.id.String(), test.text)
			if test.refuse == "" {
				if err := test.id.check(); err != nil {
					t.Error(err)
				}
				return
			}
			c, _ := newFakeClient(t, nil)
			_, retrieved := c.Retrieve(t.Context(), test.id)
			_, started := c.Start(t.Context(), test.id, nil)
			_, file := c.Files.Retrieve(t.Context(), test.id)
			_, content := c.Files.Download(t.Context(), test.id)
			for _, err := range []error{retrieved, started, file, content, c.Delete(t.Context(), []Identifier{test.id}), c.Files.Delete(t.Context(), []Identifier{test.id})} {
				check(t, "error", errorAs[*ArgumentError](t, err).Error(), test.refuse)
			}
		})
	}
}

const (
	byIDs       = "POST /functions/byids"
	deletion    = "POST /functions/delete"
	session     = "POST /sessions"
	call42      = "POST /functions/42/call"
	call43      = "POST /functions/43/call"
	newFunction = `{"items":[{"id":43,"name":"hello","externalId":"hello","fileId":7,"status":"Ready","createdTime":1700000000000}]}`
	call43Runs  = `{"id":9,"functionId":43,"status":"Running","startTime":1700000000000}`
)

var unknownFn = respond(400, `{"error":{"code":400,"message":"unknown","missing":[{"external_id":"hello"}]}}`)

var rememberedTests = map[string]struct {
	script []responder
	paths  []string
	second error
}{
	"looked up once": {
		[]responder{respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall), respond(200, oneSession), respond(201, runningCall)},
		[]string{byIDs, session, call42, session, call42},
		nil,
	},
	"deployed anew": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "no such function"), respond(200, newFunction), respond(200, oneSession), respond(201, call43Runs),
		},
		[]string{byIDs, session, call42, session, call42, byIDs, session, call43},
		nil,
	},
	"refused for another reason": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "data too large"), respond(200, oneFunction),
		},
		[]string{byIDs, session, call42, session, call42, byIDs},
		&APIError{StatusCode: 400, Message: "data too large"},
	},
	"deleted meanwhile": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "no such function"), unknownFn,
		},
		[]string{byIDs, session, call42, session, call42, byIDs},
		&APIError{StatusCode: 400, Message: "unknown"},
	},
	"new lookup fails": {
		[]responder{
			respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
			respond(200, oneSession), errorResponse(400, "no such function"), errorResponse(403, "no"),
		},
		[]string{byIDs, session, call42, session, call42, byIDs},
		&APIError{StatusCode: 400, Message: "no such function"},
	},
	"failure that says nothing about the id": {
		[]responder{respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall), respond(200, oneSession), errorResponse(500, "fault")},
		[]string{byIDs, session, call42, session, call42},
		&APIError{StatusCode: 500, Message: "fault"},
	},
}

// One external id, many calls: what is asked of the service, and what comes of it.
func TestExternalIDsAreRemembered(t *testing.T) {
	t.Parallel()
	for name, test := range rememberedTests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, test.script)
			first, err := c.Start(t.Context(), ExternalID("hello"), nil, withPlantedSession())
			if err != nil {
				t.Fatal(err)
			}
			check(t, "first call", first.CallID(), CallID{42, 9})
			second, err := c.Start(t.Context(), ExternalID("hello"), nil, withPlantedSession())
			if test.second == nil {
				if err != nil {
					t.Fatal(err)
				}
				check(t, "second call", second.ID, 9)
			} else {
				want, got := errorAs[*APIError](t, test.second), errorAs[*APIError](t, err)
				check(t, "status", got.StatusCode, want.StatusCode)
				check(t, "message", got.Message, want.Message)
			}
			if diff := cmp.Diff(test.paths, f.paths()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func withPlantedSession() SessionOption {
	return WithSession(SessionClientCredentials("id", plantedSecret))
}

func TestUnknownExternalID(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(400, `{"error":{"code":400,"message":"unknown","missing":[{"external_id":"x"}]}}`)})
	_, err := c.Start(t.Context(), ExternalID("x"), nil)
	checkKinds(t, err, ErrNotFound)
	check(t, "requests", len(f.paths()), 1)
}

// What Delete deletes is forgotten, whether it was named by id or by external id; what others list is remembered.
func TestDeleteForgets(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]Identifier{"by id": ID(42), "by external id": ExternalID("hello")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, []responder{
				respond(200, oneFunction), respond(200, oneSession), respond(201, runningCall),
				respond(200, "{}"), respond(200, newFunction), respond(200, oneSession), respond(201, call43Runs),
			})
			if _, err := c.List(t.Context(), Filter{}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Start(t.Context(), ExternalID("hello"), nil); err != nil {
				t.Fatal(err)
			}
			if err := c.Delete(t.Context(), []Identifier{id}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Start(t.Context(), ExternalID("hello"), nil); err != nil {
				t.Fatal(err)
			}
			want := []string{"POST /functions/list", session, call42, deletion, byIDs, session, call43}
			if diff := cmp.Diff(want, f.paths()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImpossibleIDsAreRefused(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil) // nothing may be sent
	ctx := t.Context()
	for name, ask := range map[string]func() error{
		"response":            func() error { _, err := c.Calls.Response(ctx, Identifier{}, 0); return err },
		"logs":                func() error { _, err := c.Calls.Logs(ctx, ID(42), 0); return err },
		"calls":               func() error { _, err := c.Calls.RetrieveMultiple(ctx, ID(42), []int64{1, 0}); return err },
		"calls of a function": func() error { _, err := c.Calls.RetrieveMultiple(ctx, ID(-1), []int64{1}); return err },
		"schedules":           func() error { _, err := c.Schedules.RetrieveMultiple(ctx, []int64{0}); return err },
		"schedules to delete": func() error { return c.Schedules.Delete(ctx, []int64{1 << 53}) },
		"input data":          func() error { _, err := c.Schedules.InputData(ctx, 0); return err },
		"sessions":            func() error { _, err := c.Sessions.Retrieve(ctx, 0); return err },
		"sessions to revoke":  func() error { _, err := c.Sessions.Revoke(ctx, []int64{5, -5}); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := ask(); !errors.Is(err, ErrInvalid) {
				t.Errorf("got %v", err)
			}
		})
	}
}
