package runner_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

func TestStatusString(t *testing.T) {
	t.Parallel()
	for status, want := range map[runner.Status]string{
		runner.Completed: "Completed",
		runner.Failed:    "Failed",
		runner.TimedOut:  "Timeout",
		0:                "Status(0)",
	} {
		if got := status.String(); got != want {
			t.Errorf("Status(%d).String() = %q, want %q", int(status), got, want)
		}
	}
}

func TestBuildErrorIsFoundByErrorsAs(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("deploy: %w", &runner.BuildError{Message: "no handle", Trace: "line 1"})
	build, ok := errors.AsType[*runner.BuildError](err)
	if !ok || build.Trace != "line 1" {
		t.Fatalf("got %v, want the build error with its trace", build)
	}
	if got, want := err.Error(), "deploy: no handle"; got != want {
		t.Errorf("error is %q, want %q", got, want)
	}
}
