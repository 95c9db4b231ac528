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

// dataDirVariable is an environment variable. If it is set, the test binary runs an emulator with this data directory.
const dataDirVariable = "COGFN_TEST_EMULATOR_DATA"

// runAsProcess runs an emulator until the process is killed. It returns false if the environment does not request one.
func runAsProcess() bool {
	dir := os.Getenv(dataDirVariable)
	if dir == "" {
		return false
	}
	e, err := emulator.Start(emulator.Options{DataDir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(e.URL())
	select {}
}

// startProcess starts an emulator with a data directory in another process.
func startProcess(t *testing.T, dir string) (*exec.Cmd, *testClient) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	// The killed process leaves its temporary files in TMPDIR, which the test removes.
	command.Env = append(os.Environ(), dataDirVariable+"="+dir, "TMPDIR="+t.TempDir())
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
		t.Fatalf("start the process: %v", err)
	}
	return command, connectTo(t, nil, strings.TrimSpace(url), "emulator")
}

func TestKilledEmulatorKeepsState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	process, c := startProcess(t, dir)
	f := c.deploy(gen.FunctionWrite{Name: "f", FileID: c.upload(zipArchive(t, map[string]string{"handler.py": `
def handle(data):
    print("got", data)
    while data.get("hang"):
        pass
    return data
`}))})
	ended := c.callAndWait(f.ID, `{"n":1}`)
	schedule := c.createSchedule(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 1 1 *", FunctionID: f.ID})
	running := c.call(f.ID, `{"hang":true}`)
	queued := c.create(gen.FunctionWrite{Name: "queued", FileID: f.FileID})
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait() // returns that the process was killed

	c = run(t, emulator.Options{DataDir: dir})
	if response := c.response(ended); response != `{"n": 1}` && response != `{"n":1}` {
		t.Errorf("response of the ended call: %s", response)
	}
	if log := c.logs(ended); len(log) != 1 || log[0] != "got {'n': 1}" {
		t.Errorf("log of the ended call: %v", log)
	}
	stopped := c.waitForCall(f.ID, running.ID)
	if message, _ := callError(t, stopped); !strings.Contains(message, "stopped") {
		t.Errorf("error of the running call: %q, want that the emulator was stopped", message)
	}
	if _, err := c.GetFunctionSchedule(t.Context(), schedule.ID); err != nil {
		t.Errorf("schedule: %v", err)
	}
	if status := c.waitForDeployment(queued.ID).Status; status != gen.FunctionStatusReady {
		t.Errorf("status of the queued function: %s, want Ready", status)
	}
	if response := c.response(c.callAndWait(f.ID, `{"n":2}`)); response != `{"n": 2}` && response != `{"n":2}` {
		t.Errorf("response of a call after the restart: %s", response)
	}
}
