package schedule_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/schedule"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	p, fn := startProject(t)
	ctx := t.Context()
	old := faults.Must[*functions.Schedule](t)(p.Client.Schedules.Create(ctx, fn, nightly()))
	before := describe(t, p, fn)
	paused := faults.Must[*schedule.Saved](t)(schedule.Pause(ctx, p.Client, old.ID))
	encoded := faults.Must[[]byte](t)(json.Marshal(paused))
	want := `{"name":"nightly","description":"about nightly","cronExpression":"0 0 29 2 *","data":{"a":1,"b":[9007199254740993,1.5]},` +
		`"functionExternalId":"greet"}`
	if string(encoded) != want || len(p.Schedules(fn)) != 0 {
		t.Errorf("got %s, want %s; %d schedules are left, want 0", encoded, want, len(p.Schedules(fn)))
	}
	// The function is deployed again and has another id.
	faults.NoError(t, p.Direct.Delete(ctx, []functions.Identifier{fn}))
	createFunction(t, p)
	var decoded schedule.Saved
	faults.NoError(t, json.Unmarshal(encoded, &decoded))
	first := faults.Must[*functions.Schedule](t)(schedule.Resume(ctx, p.Client, decoded))
	second := faults.Must[*functions.Schedule](t)(schedule.Resume(ctx, p.Client, decoded))
	if diff := cmp.Diff(before, describe(t, p, fn)); diff != "" || first.ID != second.ID {
		t.Errorf("resumed schedules with ids %d and %d (-want +got):\n%s", first.ID, second.ID, diff)
	}
}

func TestPauseWithoutExternalID(t *testing.T) {
	t.Parallel()
	p := faults.Start(t, emulator.Options{})
	ctx := t.Context()
	fn := faults.Must[*functions.Function](t)(p.Direct.Create(ctx, functions.FunctionWrite{Name: "greet"}, functions.HandlerText(code)))
	s := faults.Must[*functions.Schedule](t)(p.Direct.Schedules.Create(ctx, fn.Identifier(),
		functions.ScheduleWrite{Name: "a", CronExpression: "0 0 29 2 *"}))
	p.Faults.Inject("delete schedule", 1, faults.Lose)
	paused, err := schedule.Pause(ctx, p.Client, s.ID)
	if paused == nil || err == nil || !strings.Contains(err.Error(), "deleting schedule a failed") {
		t.Fatalf("Pause with a lost response = %v, %v; want a schedule and an error", paused, err)
	}
	if paused.FunctionID != fn.ID || paused.FunctionExternalID != "" || paused.Data != nil {
		t.Errorf("got %+v, want function id %d, no external id and no data", paused, fn.ID)
	}
	resumed := faults.Must[*functions.Schedule](t)(schedule.Resume(ctx, p.Client, *paused))
	if *resumed.FunctionID != fn.ID {
		t.Errorf("the resumed schedule has function %d, want %d", *resumed.FunctionID, fn.ID)
	}
	if _, err := schedule.Pause(ctx, p.Client, s.ID); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("Pause of a deleted schedule: got %v, want ErrNotFound", err)
	}
	if _, err := schedule.Refresh(ctx, p.Client, s.ID); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("Refresh of a deleted schedule: got %v, want ErrNotFound", err)
	}
}

// Saved must have every field of ScheduleWrite except the nonce, so that no field is lost.
func TestSavedHasEveryField(t *testing.T) {
	t.Parallel()
	var saved schedule.Saved
	setFields(t, reflect.ValueOf(&saved).Elem())
	savedFields, write := jsonFields(reflect.TypeFor[schedule.Saved]()), reflect.ValueOf(saved.AsWrite())
	for name, field := range jsonFields(reflect.TypeFor[functions.ScheduleWrite]()) {
		if name == "nonce" {
			continue
		}
		// The function is a separate argument when the schedule is created again.
		restored := name == "functionId" || !write.FieldByName(field).IsZero()
		if savedFields[name] == "" || !restored {
			t.Errorf("schedule/pause.go: add the field %s to Saved, set it in Save and AsWrite, and compare it in equals", field)
		}
	}
}

// jsonFields returns the Go names of a struct's fields by their JSON names.
func jsonFields(t reflect.Type) map[string]string {
	fields := map[string]string{}
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = f.Name
		}
	}
	return fields
}

// setFields sets every field of a struct to a value that is not zero.
func setFields(t *testing.T, v reflect.Value) {
	t.Helper()
	for _, field := range v.Fields() {
		switch field.Kind() {
		case reflect.String:
			field.SetString("a")
		case reflect.Int64:
			field.SetInt(1)
		case reflect.Slice:
			field.SetBytes([]byte("a"))
		default:
			t.Fatalf("schedule/pause_test.go: setFields has no value for the type %v; add one", field.Type())
		}
	}
}
