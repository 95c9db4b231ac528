package functions

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

func someSchedule(t *testing.T, list string) gen.FunctionSchedule {
	t.Helper()
	var l gen.FunctionScheduleList
	if err := json.Unmarshal([]byte(list), &l); err != nil {
		t.Fatal(err)
	}
	return l.Items[0]
}

// A function that was read can be created again, but for its secrets.
func TestRoundTripOfAFunction(t *testing.T) {
	t.Parallel()
	secretive := strings.Replace(oneFunction, `"name"`, `"secrets":{"b":"***","a":"***"},"name"`, 1)
	c, f := newFakeClient(t, []responder{respond(200, secretive), respond(201, oneFunction)})
	fn, err := c.Retrieve(t.Context(), ID(42))
	if err != nil {
		t.Fatal(err)
	}
	w := fn.AsWrite()
	_, err = c.Create(t.Context(), w, FileID(fn.FileID))
	check(t, "error", errorAs[*ArgumentError](t, err).Error(), "functions: Secrets still holds three stars for a, b; set the real values, which the service never returns")
	w.Secrets = map[string]string{"a": "1"}
	if _, err := c.Create(t.Context(), w, FileID(fn.FileID)); err != nil {
		t.Fatal(err)
	}
	check(t, "body", f.requests[1].Body, `{"items":[{"externalId":"hello","fileId":7,"name":"hello","secrets":{"a":"1"}}]}`)
	check(t, "secrets of what was read", fn.Secrets["a"], "***")
	check(t, "of a list", FunctionList{fn}.AsWrite()[0].Name, "hello")
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
			got, err := (&Schedule{client: c, FunctionSchedule: someSchedule(t, test.schedule)}).AsWrite(t.Context())
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			fn := Identifier{}
			if got.FunctionID == 0 {
				fn = ID(42)
			}
			if _, err := c.Schedules.Create(t.Context(), fn, got); err != nil {
				t.Fatal(err)
			}
			var sent gen.FunctionScheduleCreateRequest
			if err := json.Unmarshal([]byte(f.requests[len(f.requests)-1].Body), &sent); err != nil {
				t.Fatal(err)
			}
			test.want.Nonce, test.want.FunctionID = plantedNonce, 42
			if diff := cmp.Diff(gen.FunctionScheduleWrite(test.want), sent.Items[0]); diff != "" {
				t.Errorf("created again (-want +got):\n%s", diff)
			}
		})
	}
}

func TestScheduleAsWriteThatFails(t *testing.T) {
	t.Parallel()
	external := strings.Replace(oneSchedule, `"functionId":42`, `"functionExternalId":"hello"`, 1)
	for what, script := range map[string][]responder{
		"no data":     {errorResponse(403, "no")},
		"no function": {respond(200, `{"id":3}`), errorResponse(403, "no")},
	} {
		c, _ := newFakeClient(t, append(append([]responder{}, script...), script...))
		s := &Schedule{client: c, FunctionSchedule: someSchedule(t, external)}
		w, err := s.AsWrite(t.Context())
		checkKinds(t, err, ErrForbidden)
		if diff := cmp.Diff(ScheduleWrite{}, w); diff != "" {
			t.Errorf("%s: half of it came back:\n%s", what, diff)
		}
		all, err := ScheduleList{s}.AsWrite(t.Context())
		checkKinds(t, err, ErrForbidden)
		check(t, "half of a list", len(all), 0)
	}
	c, _ := newFakeClient(t, times(2, respond(200, `{"id":3}`)))
	s := &Schedule{client: c, FunctionSchedule: someSchedule(t, oneSchedule)}
	all, err := ScheduleList{s, s}.AsWrite(t.Context())
	check(t, "schedules", len(all), 2)
	check(t, "error", err, nil)
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for value, want := range map[interface{ Valid() bool }]bool{
		FunctionReady: true, FunctionStatus("not a status"): false, FunctionStatus(""): false, CallTimeout: true, CallStatus("Cancelled"): false,
		RuntimePy313: true, Runtime("py399"): false, FunctionClassic: true, FunctionType("modern"): false, StatusActivated: true,
		SessionReady: true, SessionStatus("ready"): false, SessionTypeTokenExchange: true, SessionType("MAGIC"): false,
	} {
		if got := Known(value); got != want {
			t.Errorf("%T %v: got %v", value, value, got)
		}
	}
}
