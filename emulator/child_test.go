package emulator_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// childVariable makes the test binary an emulator with this data folder, to be killed by a test.
const childVariable = "COGFN_TEST_EMULATOR_DATA"

// runAsChild runs an emulator until the process is killed, if the environment asks for one.
func runAsChild() bool {
	dir := os.Getenv(childVariable)
	if dir == "" {
		return false
	}
	e, err := emulator.Start(emulator.Options{DataDir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(e.URL())
	select {} // until the kill
}

// child starts an emulator in a process of its own.
func child(t *testing.T, dir string) (*exec.Cmd, *harness) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), childVariable+"="+dir, "TMPDIR="+t.TempDir()) // what a killed process leaves goes with the test
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the emulator in a process of its own did not start: %v", err)
	}
	return command, connectTo(t, nil, strings.TrimSpace(url), "emulator")
}

func TestKilledEmulatorLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	process, h := child(t, dir)
	f := h.deploy(gen.FunctionWrite{Name: "f", FileID: h.upload(zipOf(t, map[string]string{"handler.py": `
def handle(data):
    print("got", data)
    while data.get("hang"):
        pass
    return data
`}))})
	done := h.called(f.ID, `{"n":1}`)
	schedule := h.scheduled(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 1 1 *", FunctionID: f.ID})
	left := h.call(f.ID, `{"hang":true}`)
	queued := h.create(gen.FunctionWrite{Name: "queued", FileID: f.FileID})
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait() // says that it was killed

	h = run(t, emulator.Options{DataDir: dir})
	if response := h.response(done); response != `{"n": 1}` && response != `{"n":1}` {
		t.Errorf("the call of before returned %s", response)
	}
	if log := h.logs(done); len(log) != 1 || log[0] != "got {'n': 1}" {
		t.Errorf("the call of before printed %v", log)
	}
	stopped := h.ended(f.ID, left.ID)
	if message, _ := failure(t, stopped); message != "the emulator was stopped while the call ran" {
		t.Errorf("the call that ran failed with %q", message)
	}
	if again, err := h.GetFunctionSchedule(t.Context(), schedule.ID); err != nil || again == nil {
		t.Errorf("the schedule is gone (%v)", err)
	}
	if status := h.deployed(queued.ID).Status; status != gen.FunctionStatusReady {
		t.Errorf("the function that was being deployed is %s", status)
	}
	if response := h.response(h.called(f.ID, `{"n":2}`)); response != `{"n": 2}` && response != `{"n":2}` {
		t.Errorf("a call after the restart returned %s", response)
	}
}
