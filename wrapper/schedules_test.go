package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFilterOfSchedules(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_000)
	tests := map[string]struct {
		filter SchedulesFilter
		want   string
	}{
		"all":         {SchedulesFilter{}, `{}`},
		"id":          {SchedulesFilter{Function: ID(42)}, `{"functionId":42}`},
		"external id": {SchedulesFilter{Function: ExternalID("hello")}, `{"functionExternalId":"hello"}`},
		"other fields": {
			SchedulesFilter{Name: "n", CronExpression: nightly, CreatedTime: TimeRange{From: at, To: at.Add(time.Second)}},
			`{"createdTime":{"max":1700000001000,"min":1700000000000},"cronExpression":"0 3 * * *","name":"n"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, times(2, respond(200, oneSchedule)))
			listed, err := c.Schedules.List(t.Context(), test.filter)
			if err != nil || !slices.Equal(listed.IDs(), []int64{3}) {
				t.Fatalf("got %v, %v", listed.IDs(), err)
			}
			if _, err := collect(c.Schedules.All(t.Context(), test.filter)); err != nil {
				t.Fatal(err)
			}
			check(t, "List", f.requests[0].Body, `{"filter":`+test.want+`,"limit":25}`)
			check(t, "All", f.requests[1].Body, `{"filter":`+test.want+`,"limit":10000}`)
		})
	}
	c, _ := newFakeClient(t, nil)
	for _, err := range []error{
		errorOf(c.Schedules.List(t.Context(), SchedulesFilter{Function: ID(-1)})),
		errorOf(collect(c.Schedules.All(t.Context(), SchedulesFilter{}, WithLimit(-2)))),
		errorOf(c.Schedules.List(t.Context(), SchedulesFilter{}, WithLimit(-2))),
	} {
		checkKinds(t, err, ErrInvalid)
	}
}

func TestTruncatedSchedules(t *testing.T) {
	t.Parallel()
	item := scheduleWithID("3")
	full := respond(200, `{"items":[`+strings.Repeat(item+",", longestList-1)+item+`]}`)
	c, _ := newFakeClient(t, []responder{full})
	_, err := c.Schedules.List(t.Context(), SchedulesFilter{}, WithLimit(Unlimited))
	check(t, "kind", errorAs[*TruncatedError](t, err).Kind, "schedules")
}

// reversedService responds to byids requests in the reverse order. The multiples of seven are unknown. The second result
// contains the number of ids of each request so far.
func reversedService(t *testing.T, maximum int, item func(id int64) string) (transportFunc, *[]int) {
	t.Helper()
	var sizes []int
	return func(req *http.Request) (*http.Response, error) {
		var body struct {
			Items            []struct{ ID int64 }
			IgnoreUnknownIDs *bool
		}
		if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
			return nil, err
		}
		if sizes = append(sizes, len(body.Items)); len(body.Items) > maximum {
			t.Errorf("got %d items in one request, want at most %d", len(body.Items), maximum)
		}
		var items []string
		for _, i := range slices.Backward(body.Items) {
			if i.ID%7 != 0 {
				items = append(items, item(i.ID))
			}
		}
		return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
	}, &sizes
}

func TestRetrieveMultipleSchedules(t *testing.T) {
	t.Parallel()
	service, sizes := reversedService(t, 1_000, func(id int64) string {
		return scheduleWithID(strconv.FormatInt(id, 10))
	})
	c := newTestClient(t, service, Config{})
	var ids, known []int64
	for id := range int64(2_500) {
		ids = append(ids, 2_500-id)
		if (2_500-id)%7 != 0 {
			known = append(known, 2_500-id)
		}
	}
	got, err := c.Schedules.RetrieveMultiple(t.Context(), ids, IgnoreUnknown())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(known, got.IDs()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{1000, 1000, 500}, *sizes); diff != "" {
		t.Errorf("ids in each request (-want +got):\n%s", diff)
	}
	for _, unknown := range [][]int64{{7}, {1, 14, 2}} {
		_, err := c.Schedules.RetrieveMultiple(t.Context(), unknown)
		checkKinds(t, err, ErrNotFound)
	}
	none, err := c.Schedules.RetrieveMultiple(t.Context(), nil)
	check(t, "schedules without ids", len(none), 0)
	check(t, "error without ids", err, nil)
	_, err = c.Schedules.Retrieve(t.Context(), 7)
	checkKinds(t, err, ErrNotFound)
	one, err := c.Schedules.Retrieve(t.Context(), 8)
	if err != nil || one.ID != 8 {
		t.Errorf("got %v, %v", one, err)
	}
}

func TestDeleteSchedules(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, times(2, respond(200, `{}`)))
	ids := firstIDs(schedulesChunk + 1)
	if err := c.Schedules.Delete(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	check(t, "ids in the first request", strings.Count(f.requests[0].Body, `"id":`), schedulesChunk)
	check(t, "second request", f.requests[1].Body, fmt.Sprintf(`{"items":[{"id":%d}]}`, schedulesChunk+1))
	check(t, "error without ids", c.Schedules.Delete(t.Context(), nil), nil)

	c, f = newFakeClient(t, []responder{errorResponse(400, "no")})
	check(t, "status", errorAs[*APIError](t, c.Schedules.Delete(t.Context(), ids)).StatusCode, 400)
	check(t, "requests until the error", len(f.requests), 1)
}

// The API rejects a request to delete an unknown schedule. IgnoreUnknown then retrieves the schedules that exist.
func TestDeleteSchedulesIgnoreUnknown(t *testing.T) {
	t.Parallel()
	schedules := func(ids ...string) responder {
		return respond(200, `{"items":[`+strings.Join(each(ids, scheduleWithID), ",")+`]}`)
	}
	unknown, deleted := errorResponse(400, "unknown schedule"), respond(200, `{}`)
	const deleteAll, byIDs = "POST /functions/schedules/delete", "POST /functions/schedules/byids"
	tests := map[string]struct {
		script []responder
		paths  []string
		last   string // the body of the last request
		status int    // of the *APIError; 0 for success
	}{
		"all exist":                 {[]responder{deleted}, []string{deleteAll}, `{"items":[{"id":3},{"id":4},{"id":5}]}`, 0},
		"one is unknown":            {[]responder{unknown, schedules("5", "3"), deleted}, []string{deleteAll, byIDs, deleteAll}, `{"items":[{"id":3},{"id":5}]}`, 0},
		"not found":                 {[]responder{errorResponse(404, "no"), schedules("4"), deleted}, []string{deleteAll, byIDs, deleteAll}, `{"items":[{"id":4}]}`, 0},
		"none exists":               {[]responder{unknown, schedules()}, []string{deleteAll, byIDs}, `{"ignoreUnknownIds":true,"items":[{"id":3},{"id":4},{"id":5}]}`, 0},
		"rejected though all exist": {[]responder{unknown, schedules("3", "4", "5")}, []string{deleteAll, byIDs}, "", 400},
		"forbidden":                 {[]responder{errorResponse(403, "no")}, []string{deleteAll}, "", 403},
		"forbidden to retrieve":     {[]responder{unknown, errorResponse(403, "no")}, []string{deleteAll, byIDs}, "", 403},
		"rejected again":            {[]responder{unknown, schedules("3"), errorResponse(409, "no")}, []string{deleteAll, byIDs, deleteAll}, "", 409},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, test.script)
			err := c.Schedules.Delete(t.Context(), []int64{3, 4, 5}, IgnoreUnknown())
			if diff := cmp.Diff(test.paths, f.paths()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if test.status != 0 {
				check(t, "status", errorAs[*APIError](t, err).StatusCode, test.status)
				checkMessage(t, err, "3 schedules")
				return
			}
			check(t, "error", err, nil)
			check(t, "last body", f.requests[len(f.requests)-1].Body, test.last)
		})
	}
}

// The API rejects duplicate ids too, so the second request has each existing id once.
func TestDeleteDuplicateSchedulesIgnoreUnknown(t *testing.T) {
	t.Parallel()
	existing := respond(200, `{"items":[`+scheduleWithID("3")+`]}`)
	c, f := newFakeClient(t, []responder{errorResponse(400, "no"), existing, respond(200, `{}`), errorResponse(400, "no"), existing})
	check(t, "error", c.Schedules.Delete(t.Context(), []int64{3, 4, 3}, IgnoreUnknown()), nil)
	check(t, "ids to retrieve", f.requests[1].Body, `{"ignoreUnknownIds":true,"items":[{"id":3},{"id":4}]}`)
	check(t, "ids to delete", f.requests[2].Body, `{"items":[{"id":3}]}`)
	err := c.Schedules.Delete(t.Context(), []int64{3, 3}, IgnoreUnknown())
	check(t, "status if all exist", errorAs[*APIError](t, err).StatusCode, 400)
}

// scheduleWithID returns the JSON of a schedule.
func scheduleWithID(id string) string {
	return `{"id":` + id + `,"name":"n","createdTime":1,"cronExpression":"* * * * *","when":"","sessionId":5}`
}

func TestDeleteSchedule(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, `{}`), errorResponse(400, "unknown schedule"), errorResponse(400, "unknown schedule"), respond(200, `{"items":[]}`)})
	s := &Schedule{client: c, FunctionSchedule: decodeSchedule(t, oneSchedule)}
	check(t, "error", s.Delete(t.Context()), nil)
	check(t, "body", f.requests[0].Body, `{"items":[{"id":3}]}`)
	check(t, "status", errorAs[*APIError](t, s.Delete(t.Context())).StatusCode, 400)
	check(t, "error with IgnoreUnknown", s.Delete(t.Context(), IgnoreUnknown()), nil)
}

func TestInputDataOfASchedule(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":3,"data":{"n":12345678901234567890}}`: `{"n":12345678901234567890}`,
		`{"id":3,"data":{}}`:                         `{}`,
		`{"id":3,"data":null}`:                       ``,
		`{"id":3}`:                                   ``,
	} {
		c, f := newFakeClient(t, []responder{respond(200, body)})
		got, err := (&Schedule{client: c, FunctionSchedule: decodeSchedule(t, oneSchedule)}).InputData(t.Context())
		check(t, body, string(got), want)
		check(t, "data is nil", got == nil, want == "")
		check(t, "error", err, nil)
		check(t, "request", f.paths()[0], "GET /functions/schedules/3/input_data")
	}
}

// The reference documents a string. The service has sent numbers.
func TestSessionIDOfASchedule(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{`5`: "5", `9007199254740993`: "9007199254740993", `"5"`: "5", `"a-b"`: "a-b"} {
		c, _ := newFakeClient(t, []responder{respond(200, strings.Replace(oneSchedule, `"sessionId":5`, `"sessionId":`+id, 1))})
		got, err := c.Schedules.Retrieve(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		check(t, id, got.Session(), want)
	}
	check(t, "absent", (&Schedule{}).Session(), "")
}

func TestScheduleMethods(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{respond(200, strings.Replace(oneSchedule, "nightly", "daily", 1)), errorResponse(403, "no")})
	s := &Schedule{client: c, FunctionSchedule: decodeSchedule(t, oneSchedule)}
	check(t, "created", s.Created(), time.UnixMilli(1_700_000_000_000))
	if err := s.Update(t.Context()); err != nil || s.Name != "daily" {
		t.Errorf("got %s, %v", s.Name, err)
	}
	checkKinds(t, s.Update(t.Context()), ErrForbidden)
	check(t, "name after a failed update", s.Name, "daily")
	check(t, "request", f.requests[0].Body, `{"ignoreUnknownIds":false,"items":[{"id":3}]}`)
}

func TestSchedulesForbidden(t *testing.T) {
	t.Parallel()
	methods := map[string]func(ctx context.Context, s *SchedulesService) error{
		"List": func(ctx context.Context, s *SchedulesService) error {
			_, err := s.List(ctx, SchedulesFilter{})
			return err
		},
		"Retrieve": func(ctx context.Context, s *SchedulesService) error { _, err := s.Retrieve(ctx, 3); return err },
		"RetrieveMultiple": func(ctx context.Context, s *SchedulesService) error {
			_, err := s.RetrieveMultiple(ctx, []int64{3}, IgnoreUnknown())
			return err
		},
		"Delete":    func(ctx context.Context, s *SchedulesService) error { return s.Delete(ctx, []int64{3}) },
		"InputData": func(ctx context.Context, s *SchedulesService) error { _, err := s.InputData(ctx, 3); return err },
	}
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, []responder{errorResponse(403, "no")})
			checkKinds(t, method(t.Context(), c.Schedules), ErrForbidden)
		})
	}
}
