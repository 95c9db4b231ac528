package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// runOptions are the arguments of cogfn run.
type runOptions struct {
	folder, data, path, python string
	secrets, env               []string
	timeout                    time.Duration
}

func newRun(streams Streams) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run FOLDER",
		Short: "Run the function in a folder",
		Long: `Run the function in a folder as the service would: its code is packaged, uploaded, deployed and called once, by an
emulator of the service inside this program. No account is needed and nothing leaves this machine.

What the function prints goes to standard error, up to 1 MiB of it; what it returns goes to standard output as JSON.`,
		Example: `  cogfn run examples/hello --data '{"name": "Ada"}'
  cogfn run my-function --data @input.json --secret api-key=secret --env STAGE=test | jq .`,
		Args: exactly(1, "FOLDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.folder = args[0]
			if cmd.Flags().Changed("timeout") && o.timeout <= 0 {
				return usageError{fmt.Errorf("--timeout is %v; it must be above zero", o.timeout)}
			}
			if err := run(cmd.Context(), o, streams); err != nil {
				return commandError{err}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.data, "data", "", "the input as a JSON object, @FILE, or - for standard input (default {})")
	flags.StringArrayVar(&o.secrets, "secret", nil, "a secret as KEY=VALUE, or KEY to take it from the environment; may be repeated")
	flags.StringArrayVar(&o.env, "env", nil, "an environment variable as KEY=VALUE, or KEY to take it from the environment; may be repeated")
	flags.StringVar(&o.path, "path", "handler.py", "the file in the folder that holds the function handle")
	flags.StringVar(&o.python, "python", "", "the Python interpreter (default python3 or python on the PATH)")
	flags.Var((*duration)(&o.timeout), "timeout", "how long the call may run, as in 30s or 5m (default 9m, as in the service)")
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
	response, err := deployAndCall(ctx, client, write, functions.Folder(o.folder), data, streams.Err, line)
	if err != nil {
		return runError{write.Name, err}
	}
	_, err = fmt.Fprintf(streams.Out, "%s\n", response)
	return err
}

// deployAndCall takes a function from its code to its response, with its log and the progress on w.
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

// read checks everything that can be wrong with the arguments before anything is started.
func (o runOptions) read(ctx context.Context, streams Streams) (json.RawMessage, functions.FunctionWrite, error) {
	var write functions.FunctionWrite
	if err := checkFolder(o.folder); err != nil {
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
	absolute, err := filepath.Abs(o.folder)
	if err != nil {
		return nil, write, err
	}
	name := []rune(filepath.Base(absolute))
	write.Name = string(name[:min(len(name), functions.FunctionNameMaxLength)])
	write.FunctionPath = new(filepath.ToSlash(o.path))
	return data, write, nil
}

func checkFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s; name the folder that holds the function's handler.py", folder)
	case err != nil:
		return fmt.Errorf("the folder cannot be looked at; check its permissions: %w", err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder; name the folder that holds the function's handler.py", folder)
	}
	return nil
}

// importTimeout is how long importing the code may take. Nothing is installed here, so that it need not be the service's ten
// minutes.
const importTimeout = time.Minute

// duration is a flag whose error says what a duration looks like.
type duration time.Duration

// String is the flag's value as it is shown.
func (d *duration) String() string { return time.Duration(*d).String() }

// Set reads the flag's value.
func (d *duration) Set(text string) error {
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("use a number with a unit, such as 30s or 5m")
	}
	*d = duration(parsed)
	return nil
}

// Type names the kind of value in the help.
func (d *duration) Type() string { return "duration" }

// newLogger reports what goes wrong inside the emulator and is no caller's fault.
func newLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// connect makes a client of an emulator, which may be asked often as it is near.
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

// followLogs writes the lines of a call as they come until the call has ended, and returns the error it ended with. An
// emulator has every line once the call has ended, so there is nothing to wait for then.
func followLogs(ctx context.Context, call *functions.Call, w io.Writer, line *progress) error {
	for entry, err := range call.FollowLogs(ctx, functions.WithLogPause(50*time.Millisecond), functions.WithLogGrace(0)) {
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
