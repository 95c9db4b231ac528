package functions

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

// decodeSchedule returns the first schedule of a list in JSON.
func decodeSchedule(t *testing.T, list string) gen.FunctionSchedule {
	t.Helper()
	var l gen.FunctionScheduleList
	if err := json.Unmarshal([]byte(list), &l); err != nil {
		t.Fatal(err)
	}
	return l.Items[0]
}

func TestScheduleAsWrite(t *testing.T) {
	t.Parallel()
	data := respond(200, `{"id":3,"data":{"n":12345678901234567890}}`)
	none := respond(200, `{"id":3}`)
	tests := map[string]struct {
		schedule string
		script   []responder
		want     ScheduleWrite
	}{
		"with data": {
			oneSchedule,
			[]responder{data},
			ScheduleWrite{Name: "nightly", CronExpression: nightly, FunctionID: 42, Data: json.RawMessage(`{"n":12345678901234567890}`)},
		},
		"without data": {oneSchedule, []responder{none}, ScheduleWrite{Name: "nightly", CronExpression: nightly, FunctionID: 42}},
		"by external id": {
			strings.Replace(oneSchedule, `"functionId":42`, `"functionExternalId":"hello"`, 1),
			[]responder{none, respond(200, oneFunction)},
			ScheduleWrite{Name: "nightly", CronExpression: nightly, FunctionID: 42},
		},
		"without function": {
			strings.Replace(oneSchedule, `"functionId":42,`, ``, 1), []responder{none}, ScheduleWrite{Name: "nightly", CronExpression: nightly},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, append(test.script, respond(200, oneSession), respond(201, oneSchedule)))
			got, err := (&Schedule{client: c, FunctionSchedule: decodeSchedule(t, test.schedule)}).AsWrite(t.Context())
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("error = %v, schedule (-want +got):\n%s", err, diff)
			}
			fn := Identifier{}
			if got.FunctionID == 0 {
				fn = ID(42)
			}
			if _, err := c.Schedules.Create(t.Context(), fn, got); err != nil {
				t.Fatal(err)
			}
			var request gen.FunctionScheduleCreateRequest
			if err := json.Unmarshal([]byte(f.requests[len(f.requests)-1].Body), &request); err != nil {
				t.Fatal(err)
			}
			test.want.Nonce, test.want.FunctionID = plantedNonce, 42
			if diff := cmp.Diff(gen.FunctionScheduleWrite(test.want), request.Items[0]); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// Without its data or its function, AsWrite returns an error and no part of the schedule.
func TestScheduleAsWriteFails(t *testing.T) {
	t.Parallel()
	external := strings.Replace(oneSchedule, `"functionId":42`, `"functionExternalId":"hello"`, 1)
	for name, script := range map[string][]responder{
		"no data":     {errorResponse(403, "no")},
		"no function": {respond(200, `{"id":3}`), errorResponse(403, "no")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, slices.Concat(script, script))
			s := &Schedule{client: c, FunctionSchedule: decodeSchedule(t, external)}
			w, err := s.AsWrite(t.Context())
			checkKinds(t, err, ErrForbidden)
			if diff := cmp.Diff(ScheduleWrite{}, w); diff != "" {
				t.Errorf("schedule (-want +got):\n%s", diff)
			}
			all, err := ScheduleList{s}.AsWrite(t.Context())
			checkKinds(t, err, ErrForbidden)
			check(t, "schedules", len(all), 0)
		})
	}
}

func TestScheduleList(t *testing.T) {
	t.Parallel()
	schedules := ScheduleList{{}, {}}
	schedules[0].ID, schedules[1].ID = 7, 8
	if diff := cmp.Diff([]int64{7, 8}, schedules.IDs()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	check(t, "known schedule", schedules.Get(8), schedules[1])
	check(t, "unknown schedule", schedules.Get(9), nil)

	c, _ := newFakeClient(t, times(2, respond(200, `{"id":3}`)))
	s := &Schedule{client: c, FunctionSchedule: decodeSchedule(t, oneSchedule)}
	all, err := ScheduleList{s, s}.AsWrite(t.Context())
	check(t, "schedules", len(all), 2)
	check(t, "error", err, nil)
}

// A ScheduleWrite does not show its nonce.
func TestScheduleWriteHidesNonce(t *testing.T) {
	t.Parallel()
	w := ScheduleWrite{Name: "nightly", CronExpression: "0 3 * * *", FunctionID: 42, Nonce: plantedNonce}
	for what, v := range map[string]any{"ScheduleWrite": w, "*ScheduleWrite": &w, "list": []ScheduleWrite{w}} {
		checkHidden(t, what, v)
	}
	check(t, "%v", fmt.Sprint(w), `{"cronExpression":"0 3 * * *","functionId":42,"name":"nightly","nonce":"***"}`)
	w.Nonce = ""
	check(t, "without a nonce", fmt.Sprint(w), `{"cronExpression":"0 3 * * *","functionId":42,"name":"nightly","nonce":""}`)
}
