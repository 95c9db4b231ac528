package cli

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cogfn/cogfn/emulator"
)

// emulatorOptions are the flags of cogfn emulator.
type emulatorOptions struct {
	addr, cloud, data, envFile, project, python, tls string
}

func newEmulator(streams Streams) *cobra.Command {
	var o emulatorOptions
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run an emulator of the Functions service",
		Long: `Run an emulator of the Functions service on this machine until it is interrupted. It prints one line when it is ready.

The emulator accepts any credentials. --env-file writes the settings that clients need to a file.

Its control API under /_emulator/ moves the clock, scripts outcomes and injects faults. It needs the client id and
secret of the settings; docs/testing.md describes it.`,
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
	flags.StringVar(&o.addr, "addr", "127.0.0.1:0", "listen on the loopback address `HOST:PORT`; port 0 selects a free port")
	flags.StringVar(&o.cloud, "cloud", string(emulator.GCP), "use the limits of `CLOUD`: gcp, azure or aws")
	flags.StringVar(&o.data, "data", "",
		"store functions, calls and schedules in `DIR`, secrets unencrypted (default: a temporary directory)")
	flags.StringVar(&o.envFile, "env-file", "", "write the CDF_* and IDP_* settings of a client to `FILE`")
	flags.StringVar(&o.project, "project", "emulator", "use `NAME` as the name of the project")
	flags.StringVar(&o.tls, "tls", "", "serve HTTPS, and write the certificate that clients have to trust to `FILE`")
	pythonFlag(cmd, &o.python)
	return cmd
}

// serve runs an emulator until ctx ends. An interrupt is not an error.
func serve(ctx context.Context, o emulatorOptions, streams Streams) error {
	if err := cmp.Or(checkPython(o.python), checkData(o.data)); err != nil {
		return err
	}
	service, err := emulator.Start(emulator.Options{
		Addr: o.addr, Cloud: emulator.Cloud(o.cloud), DataDir: o.data, Project: o.project, Python: o.python, TLS: o.tls != "",
		Logger: newLogger(streams.Err),
	})
	if err != nil {
		return err
	}
	if err := announce(service, o, streams); err != nil {
		_ = service.Close()
		return err
	}
	failed := service.Wait(ctx)
	if ctx.Err() != nil {
		failed = nil
	}
	return errors.Join(failed, service.Close())
}

// checkData returns an error that names --data if it is not a directory. The emulator creates a missing directory.
func checkData(dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("--data is %s, which is a file; give a directory", dir)
	}
	return nil
}

// announce writes the certificate and the settings before the line that reports the emulator ready.
func announce(service *emulator.Emulator, o emulatorOptions, streams Streams) error {
	if o.tls != "" {
		certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: service.Certificate().Raw})
		if err := writeFile(o.tls, "--tls", string(certificate)); err != nil {
			return fmt.Errorf("cannot write the certificate to %s: %w", o.tls, err)
		}
	}
	if o.envFile != "" {
		if err := writeFile(o.envFile, "--env-file", settings(service)); err != nil {
			return fmt.Errorf("cannot write the settings to %s: %w", o.envFile, err)
		}
	}
	_, err := fmt.Fprintf(streams.Out, "listening on %s\n", service.URL())
	return err
}

// settings returns the variables that functions.ConfigFromEnv and the Cognite Toolkit read.
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

// writeFile replaces a file atomically, readable by its owner only. It does not replace special files such as
// /dev/stdout, because other programs use them. flag is the flag that names the file.
func writeFile(name, flag, content string) error {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("it is not a regular file; give another file with %s", flag)
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), ".cogfn-*") // created with mode 0600
	if err != nil {
		return err
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
	}
	return err
}
