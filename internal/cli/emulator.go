package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cogfn/cogfn/emulator"
)

// emulatorOptions are the arguments of cogfn emulator.
type emulatorOptions struct {
	addr, data, envFile, project, python string
}

func newEmulator(streams Streams) *cobra.Command {
	var o emulatorOptions
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run the Functions service on this machine",
		Long: `Run the Functions service on this machine until it is interrupted. It prints one line when it is ready, and accepts any
credentials; the file that --env-file names holds settings that clients understand.`,
		Example: `  cogfn emulator --env-file emulator.env &
  set -a; . ./emulator.env; set +a`,
		Args: exactly(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := serve(cmd.Context(), o, streams); err != nil {
				return commandError{err}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "the loopback address and port to listen on; port 0 takes a free one")
	flags.StringVar(&o.data, "data", "", "a folder that keeps functions, calls and schedules, secrets in clear (default: nothing is kept)")
	flags.StringVar(&o.envFile, "env-file", "", "a file to write the CDF_* and IDP_* settings of a client to")
	flags.StringVar(&o.project, "project", "emulator", "the name of the project")
	flags.StringVar(&o.python, "python", "", "the Python interpreter (default python3 or python on the PATH)")
	return cmd
}

func serve(ctx context.Context, o emulatorOptions, streams Streams) error {
	service, err := emulator.Start(emulator.Options{
		Addr: o.addr, DataDir: o.data, Project: o.project, Python: o.python, Logger: newLogger(streams.Err),
	})
	if err != nil {
		return err
	}
	if err := announce(service, o.envFile, streams); err != nil {
		_ = service.Close()
		return err
	}
	failed := service.Wait(ctx)
	if ctx.Err() != nil {
		failed = nil // being interrupted is how an emulator is meant to end
	}
	return errors.Join(failed, service.Close())
}

// announce writes the settings before the line that says that they can be used.
func announce(service *emulator.Emulator, envFile string, streams Streams) error {
	if envFile != "" {
		if err := writeEnvFile(envFile, settings(service)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(streams.Out, "listening on %s\n", service.URL())
	return err
}

// settings are what functions.ConfigFromEnv and the Cognite Toolkit read.
func settings(service *emulator.Emulator) string {
	return strings.Join([]string{
		"CDF_URL=" + service.URL(),
		"CDF_PROJECT=" + service.Project(),
		"IDP_TOKEN_URL=" + service.TokenURL(),
		"IDP_CLIENT_ID=" + service.ClientID(),
		"IDP_CLIENT_SECRET=" + service.ClientSecret(),
		"",
	}, "\n")
}

// writeEnvFile replaces the file in one step, readable by its owner alone. What is not a file, such as /dev/stdout, is
// left alone: replacing it would take it away from everybody.
func writeEnvFile(name, content string) error {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("the settings cannot be written to %s: it is not a regular file; name another one", name)
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".cogfn-env-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("the settings cannot be written to %s: %w", name, err)
	}
	_, err = temporary.WriteString(content)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("the settings cannot be written to %s: %w", name, err)
	}
	return nil
}
