package functions

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cogfn/cogfn/gen"
)

// sessionsOf returns the items of a response with sessions.
func sessionsOf(ids ...int64) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = fmt.Sprintf(`{"id":%d}`, id)
	}
	return `"items":[` + strings.Join(items, ",") + `]`
}

func TestListSessions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		filter  SessionsFilter
		opts    []ListOption
		pages   []string
		queries []string
		want    []int64
	}{
		"default":                {SessionsFilter{}, nil, []string{`{` + sessionsOf(1, 2) + `}`}, []string{"limit=25"}, []int64{1, 2}},
		"two pages":              {SessionsFilter{}, []ListOption{WithLimit(3), WithPageSize(2)}, []string{`{` + sessionsOf(1, 2) + `,"nextCursor":"c"}`, `{` + sessionsOf(3) + `}`}, []string{"limit=2", "cursor=c&limit=1"}, nil},
		"lower case":             {SessionsFilter{Status: SessionAccessLost}, nil, []string{`{"items":[]}`}, []string{"status=access_lost&limit=25"}, nil},
		"everything":             {SessionsFilter{Status: SessionReady}, []ListOption{WithLimit(Unlimited)}, []string{`{` + sessionsOf(1) + `}`}, []string{fmt.Sprintf("status=ready&limit=%d", gen.SessionLimitMaximum)}, []int64{1}},
		"page above the maximum": {SessionsFilter{}, []ListOption{WithLimit(5_000), WithPageSize(3_000)}, []string{`{` + sessionsOf(1) + `}`}, []string{fmt.Sprintf("limit=%d", gen.SessionLimitMaximum)}, []int64{1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, each(test.pages, func(body string) responder { return respond(200, body) }))
			got, err := c.Sessions.List(t.Context(), test.filter, test.opts...)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == nil {
				test.want = firstIDs(len(got))
			}
			if diff := cmp.Diff(test.want, got.IDs()); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			for i, want := range test.queries {
				_, query, _ := strings.Cut(f.requests[i].URL, "?")
				check(t, "query", query, want)
			}
		})
	}
}

// firstIDs returns the ids from 1 to n.
func firstIDs(n int) []int64 {
	all := make([]int64, n)
	for i := range all {
		all[i] = int64(i + 1)
	}
	return all
}

func TestAllSessions(t *testing.T) {
	t.Parallel()
	first, second := respond(200, `{`+sessionsOf(1)+`,"nextCursor":"c"}`), respond(200, `{`+sessionsOf(2)+`}`)
	c, _ := newFakeClient(t, []responder{first, second, first, second, first, errorResponse(403, "no")})
	all := c.Sessions.All(t.Context(), SessionsFilter{})
	for range 2 {
		got, err := collect(all)
		if diff := cmp.Diff([]int64{1, 2}, SessionList(got).IDs()); diff != "" || err != nil {
			t.Errorf("error %v, ids (-want +got):\n%s", err, diff)
		}
	}
	n, err := count(all)
	check(t, "sessions before the error", n, 1)
	checkKinds(t, err, ErrForbidden)
	_, err = collect(c.Sessions.All(t.Context(), SessionsFilter{}, WithLimit(-2)))
	checkKinds(t, err, ErrInvalid)
	_, err = c.Sessions.List(t.Context(), SessionsFilter{}, WithPageSize(0))
	checkKinds(t, err, ErrInvalid)
}

// Many ids are sent in several requests. No request follows an error.
func TestRetrieveAndRevokeManySessions(t *testing.T) {
	t.Parallel()
	for path, maximum := range map[string]int{"/sessions/byids": 1_000, "/sessions/revoke": 100} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			n := 0
			echo := transportFunc(func(req *http.Request) (*http.Response, error) {
				body := recordRequest(req).Body
				check(t, "path", strings.HasSuffix(req.URL.Path, path), true)
				if n++; n > 3 {
					return errorResponse(400, "no")(req)
				}
				if got := strings.Count(body, `"id":`); got > maximum || n < 3 && got != maximum {
					t.Errorf("request %d has %d ids", n, got)
				}
				return respond(200, body)(req)
			})
			c := newTestClient(t, echo, Config{})
			method := c.Sessions.RetrieveMultiple
			if strings.HasSuffix(path, "revoke") {
				method = c.Sessions.Revoke
			}
			ids := firstIDs(2*maximum + 1)
			got, err := method(t.Context(), ids)
			if diff := cmp.Diff(ids, got.IDs()); diff != "" || err != nil {
				t.Errorf("error %v, ids (-want +got):\n%s", err, diff)
			}
			check(t, "requests", n, 3)
			_, err = method(t.Context(), ids)
			check(t, "status", errorAs[*APIError](t, err).StatusCode, 400)
			check(t, "requests until the error", n, 4)
			got, err = method(t.Context(), nil)
			check(t, "sessions without ids", len(got), 0)
			check(t, "error without ids", err, nil)
		})
	}
}

// The response may have another order than the request.
func TestRetrieveMultipleSessions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ids      []int64
		response responder
		want     []int64
		missing  string // what the error contains; empty for success
	}{
		"other order":   {[]int64{3, 1, 2}, respond(200, `{`+sessionsOf(1, 2, 3)+`}`), []int64{3, 1, 2}, ""},
		"duplicate":     {[]int64{2, 1, 2}, respond(200, `{`+sessionsOf(1, 2)+`}`), []int64{2, 1, 2}, ""},
		"omitted":       {[]int64{3, 1, 2}, respond(200, `{`+sessionsOf(1)+`}`), nil, "session with id 3, 2"},
		"all omitted":   {[]int64{3}, respond(200, `{"items":[]}`), nil, "session with id 3"},
		"named missing": {[]int64{1, 3}, respond(400, `{"error":{"code":400,"message":"no","missing":[{"id":3}]}}`), nil, `{"id":3}`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, []responder{test.response})
			got, err := c.Sessions.RetrieveMultiple(t.Context(), test.ids)
			if diff := cmp.Diff(test.want, got.IDs(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			check(t, "duplicate ids in the request", strings.Count(f.requests[0].Body, `"id":2`) > 1, false)
			if test.missing == "" {
				check(t, "error", err, nil)
				return
			}
			checkKinds(t, err, ErrNotFound)
			checkMessage(t, err, test.missing)
		})
	}
}

func TestTimesOfSessions(t *testing.T) {
	t.Parallel()
	var s Session
	check(t, "created", s.Created(), time.Time{})
	check(t, "expires", s.Expires(), time.Time{})
	s.CreationTime, s.ExpirationTime = new(int64(1_000)), new(int64(2_000))
	check(t, "created", s.Created(), time.Unix(1, 0))
	check(t, "expires", s.Expires(), time.Unix(2, 0))
}
