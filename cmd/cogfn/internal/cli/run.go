package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// runOptions are the arguments and flags of cogfn run.
type runOptions struct {
	dir, data, path, python string
	secrets, env            []string
	timeout                 time.Duration
}

func newRun(streams Streams) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run DIR",
		Short: "Run the function in a directory",
		Long: `Run the function in a directory as the service does: package, upload and deploy its code, then call it once. An
emulator inside this program replaces the service, so no account is needed and no data leaves this machine.

The output of the function goes to standard error, up to 1 MiB. Its response goes to standard output as JSON.`,
		Example: `  cogfn run examples/hello --data '{"name": "Ada"}'
  cogfn run my-function --data @input.json --secret api-key=secret --env STAGE=test | jq .`,
		Args: exactly(1, "DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = args[0]
			if cmd.Flags().Changed("timeout") && o.timeout <= 0 {
				return usageError{fmt.Errorf("--timeout is %v; it must be positive", o.timeout)}
			}
			if err := run(cmd.Context(), o, streams); err != nil {
				return commandError{err}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.data, "data", "", "pass `JSON` to the function: an object, @FILE, or - for standard input (default {})")
	flags.StringArrayVar(&o.secrets, "secret", nil, "set the secret `KEY=VALUE`, or KEY for the value of that environment variable; repeatable")
	flags.StringArrayVar(&o.env, "env", nil, "set the environment variable `KEY=VALUE`, or KEY for its current value; repeatable")
	flags.StringVar(&o.path, "path", "handler.py", "use the `FILE` in the directory that defines handle")
	pythonFlag(cmd, &o.python)
	flags.Var((*duration)(&o.timeout), "timeout", "stop the call after this `DURATION`, such as 30s or 5m (default 9m)")
	return cmd
}

func run(ctx context.Context, o runOptions, streams Streams) error {
	data, write, err := o.read(ctx, streams)
	if err != nil {
		return err
	}
	line := newProgress(streams.Err)
	defer line.clear()
	line.show("starting…")
	service, err := emulator.Start(emulator.Options{
		Python: o.python,
		Limits: emulator.Limits{CallTimeout: o.timeout, DeployTimeout: importTimeout},
		Logger: newLogger(streams.Err),
	})
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	client, err := connect(service)
	if err != nil {
		return err
	}
	response, err := deployAndCall(ctx, client, write, functions.Folder(o.dir), data, streams.Err, line)
	if err != nil {
		return runError{write.Name, err}
	}
	_, err = fmt.Fprintf(streams.Out, "%s\n", response)
	return err
}

// deployAndCall creates a function, calls it once and returns the response. It writes the log and the progress to w.
func deployAndCall(ctx context.Context, client *functions.Client, write functions.FunctionWrite, source functions.Source,
	data json.RawMessage, w io.Writer, line *progress,
) (json.RawMessage, error) {
	line.show("deploying %s…", write.Name)
	fn, err := client.Create(ctx, write, source)
	if err != nil {
		return nil, err
	}
	if fn, err = fn.WaitReady(ctx); err != nil {
		return nil, err
	}
	line.show("running %s…", write.Name)
	call, err := fn.Start(ctx, data)
	if err != nil {
		return nil, err
	}
	if err := followLogs(ctx, call, w, line); err != nil {
		return nil, err
	}
	return call.Response(ctx)
}

// read checks the arguments and reads the input before anything starts.
func (o runOptions) read(ctx context.Context, streams Streams) (json.RawMessage, functions.FunctionWrite, error) {
	var write functions.FunctionWrite
	if err := checkDir(o.dir); err != nil {
		return nil, write, usageError{err}
	}
	data, err := readData(ctx, o.data, streams.In)
	if err != nil {
		return nil, write, err
	}
	if write.Secrets, err = readPairs("--secret", o.secrets); err != nil {
		return nil, write, err
	}
	if write.EnvVars, err = readPairs("--env", o.env); err != nil {
		return nil, write, err
	}
	if err := cmp.Or(checkHandler(o.dir, o.path), requirePython(o.python)); err != nil {
		return nil, write, err
	}
	absolute, err := filepath.Abs(o.dir)
	if err != nil {
		return nil, write, err
	}
	name := []rune(filepath.Base(absolute))
	write.Name = string(name[:min(len(name), functions.FunctionNameMaxLength)])
	write.FunctionPath = new(filepath.ToSlash(o.path))
	return data, write, nil
}

func checkDir(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("directory %s does not exist; give the directory that contains the function's code", dir)
	case err != nil:
		return fmt.Errorf("cannot read the directory; check its permissions: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory; give the directory that contains the function's code", dir)
	}
	return nil
}

// checkHandler returns an error that names --path if the file does not exist. The wrapper checks everything else.
func checkHandler(dir, path string) error {
	if !filepath.IsLocal(path) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, path)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s in %s; create it, or give the file that defines handle with --path", path, dir)
	}
	return nil
}

// importTimeout limits how long the import of the code may take. The emulator installs no packages, so it is shorter than
// the 10 minutes of the service.
const importTimeout = time.Minute

// connect returns a client of an emulator. Its polls are more frequent than those of a service on the network.
func connect(service *emulator.Emulator) (*functions.Client, error) {
	return functions.NewClient(functions.Config{
		BaseURL: service.URL(),
		Project: service.Project(),
		TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID:     service.ClientID(),
			ClientSecret: functions.Secret(service.ClientSecret()),
			TokenURL:     service.TokenURL(),
		}),
		Application: "cogfn",
	}, functions.WithPoll(functions.ExponentialPoll(10*time.Millisecond, 1.5, 200*time.Millisecond)))
}

// followLogs writes the log lines of a call until the call has ended, and returns the error of the call. An emulator has
// all lines when the call ends, so there is no grace period.
func followLogs(ctx context.Context, call *functions.Call, w io.Writer, line *progress) error {
	for entry, err := range call.FollowLogs(ctx, functions.WithLogInterval(50*time.Millisecond), functions.WithLogGrace(0)) {
		if err != nil {
			return err
		}
		line.clear()
		if _, err := fmt.Fprintln(w, entry.Text()); err != nil {
			return err
		}
	}
	line.clear()
	return call.Wait(ctx)
}
