package deploy

import (
	"reflect"
	"testing"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Every field of ScheduleWrite is kept when a schedule is deleted and created again, except for the nonce.
func TestEveryScheduleFieldIsKept(t *testing.T) {
	t.Parallel()
	kept := jsonFields(reflect.TypeFor[PausedSchedule]())
	var paused PausedSchedule
	fill(t, reflect.ValueOf(&paused).Elem(), "a")
	write := paused.write()
	for name, field := range jsonFields(reflect.TypeFor[functions.ScheduleWrite]()) {
		if name == "nonce" {
			continue
		}
		// The function is an argument of its own when the schedule is created again.
		restored := name == "functionId" || !reflect.ValueOf(write).FieldByName(field).IsZero()
		if kept[name] == "" || !restored {
			t.Errorf("deploy/pause.go: add the field %s to PausedSchedule, set it in saveSchedule and write, and compare it in isAs", field)
		}
	}
}
