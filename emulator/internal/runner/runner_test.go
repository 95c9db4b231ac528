package runner_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/runner"
)

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
