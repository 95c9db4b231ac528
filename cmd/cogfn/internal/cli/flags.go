package cli

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/spf13/cobra"
)

// exactly is cobra.ExactArgs with an error that names the missing argument.
func exactly(n int, name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == n {
			return nil
		}
		if len(args) < n {
			return fmt.Errorf("%s is missing; use: %s", name, cmd.UseLine())
		}
		return fmt.Errorf("unexpected argument %q; use: %s", args[n], cmd.UseLine())
	}
}

// pythonFlag adds --python, which has the same meaning in all commands.
func pythonFlag(cmd *cobra.Command, python *string) {
	cmd.Flags().StringVar(python, "python", "", "use the Python interpreter `PATH` (default: python3 or python on the PATH)")
}

// checkPython returns an error that names --python if its value cannot be run.
func checkPython(python string) error {
	if python == "" {
		return nil
	}
	if _, err := exec.LookPath(python); err != nil {
		reason := err
		if failed, ok := errors.AsType[*exec.Error](err); ok {
			reason = failed.Err
		}
		return fmt.Errorf("--python is %s: %w; give the path of a Python interpreter", python, reason)
	}
	return nil
}

// requirePython is checkPython for commands that always run Python. Without --python, there must be one on the PATH.
func requirePython(python string) error {
	if python != "" {
		return checkPython(python)
	}
	for _, name := range []string{"python3", "python"} {
		if _, err := exec.LookPath(name); err == nil {
			return nil
		}
	}
	return errors.New("no Python interpreter is on the PATH; install Python 3.8 or later, or give one with --python")
}

// duration is a flag value whose error shows the expected form.
type duration time.Duration

// String returns the value for the help. Zero is "", so that pflag does not add a second default to the usage.
func (d *duration) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

// Set parses the value.
func (d *duration) Set(value string) error {
	parsed, err := time.ParseDuration(value)
	if err != nil {
		return errors.New("use a number with a unit, such as 30s or 5m")
	}
	*d = duration(parsed)
	return nil
}

// Type returns the name of the kind of value in the help.
func (d *duration) Type() string { return "duration" }
