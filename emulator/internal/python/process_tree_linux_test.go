package python

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

// TestDescendantsAreKilled starts a child and an orphan without the worker's tag and session, and a child that becomes a
// zombie.
func TestDescendantsAreKilled(t *testing.T) {
	t.Parallel()
	const handler = `
import subprocess, time
def handle(data):
    apart = dict(env={}, start_new_session=True)
    print(subprocess.Popen(["/bin/sleep", "67"], **apart).pid)
    shell = ["/bin/sh", "-c", "/bin/sleep 69 >/dev/null 2>&1 & echo $!"]
    print(int(subprocess.check_output(shell, **apart)))
    print(subprocess.Popen(["/bin/true"]).pid)
    time.sleep(data["seconds"])
`
	for name, tc := range map[string]struct {
		data    string
		timeout time.Duration
		status  runner.Status
	}{
		"at the timeout": {`{"seconds":60}`, 2 * time.Second, runner.TimedOut},
		"at the end":     {`{"seconds":0}`, 0, runner.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := deploy(t, newRunner(t, Options{}), handler)
			outcome, lines := run(t, f, runner.Call{Data: []byte(tc.data), Timeout: tc.timeout})
			if outcome.Status != tc.status || len(lines) != 3 {
				t.Fatalf("the call is %v (%s), its lines are %q", outcome.Status, outcome.Message, lines)
			}
			f.Close()
			for _, line := range lines {
				pid, err := strconv.Atoi(strings.TrimSpace(line))
				if err != nil {
					t.Fatal(err)
				}
				if !exited(pid) {
					t.Errorf("process %d exists", pid)
				}
			}
		})
	}
}
