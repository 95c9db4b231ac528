package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
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

What the function prints goes to standard error, what it returns to standard output as JSON.`,
		Example: `  cogfn run examples/hello --data '{"name": "Ada"}'
  cogfn run my-function --data @input.json --secret api-key=secret --env STAGE=test | jq .`,
		Args: exactly(1, "FOLDER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.folder = args[0]
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
	flags.DurationVar(&o.timeout, "timeout", 0, "how long the call may run, as in 30s or 5m (default 9m, as in the service)")
	return cmd
}

func run(ctx context.Context, o runOptions, streams Streams) error {
	data, write, err := o.read(streams)
	if err != nil {
		return err
	}
	line := newProgress(streams.Err)
	defer line.clear()
	line.show("starting…")
	service, err := emulator.Start(emulator.Options{Python: o.python, Limits: emulator.Limits{CallTimeout: o.timeout}})
	if err != nil {
		return err
	}
	defer func() { _ = service.Close() }()
	client, err := connect(service)
	if err != nil {
		return err
	}
	line.show("deploying %s…", write.Name)
	fn, err := client.Create(ctx, write, functions.Folder(o.folder))
	if err != nil {
		return err
	}
	if fn, err = fn.WaitReady(ctx); err != nil {
		return err
	}
	line.show("running %s…", write.Name)
	call, err := fn.Start(ctx, data)
	if err != nil {
		return err
	}
	if err := followLogs(ctx, call, streams.Err, line); err != nil {
		return err
	}
	response, err := call.Response(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(streams.Out, "%s\n", response)
	return err
}

// read checks everything that can be wrong with the arguments before anything is started.
func (o runOptions) read(streams Streams) (json.RawMessage, functions.FunctionWrite, error) {
	var write functions.FunctionWrite
	if o.timeout < 0 {
		return nil, write, usageError{fmt.Errorf("--timeout is %v; it must be above zero", o.timeout)}
	}
	if err := checkFolder(o.folder); err != nil {
		return nil, write, usageError{err}
	}
	data, err := readData(o.data, streams.In)
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
	write.Name = filepath.Base(absolute)
	write.FunctionPath = new(filepath.ToSlash(o.path))
	return data, write, nil
}

func checkFolder(folder string) error {
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s; name the folder that holds the function's handler.py", folder)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder; name the folder that holds the function's handler.py", folder)
	}
	return nil
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

// followLogs writes the lines of a call as they come until the call has ended, and returns the error it ended with.
func followLogs(ctx context.Context, call *functions.Call, w io.Writer, line *progress) error {
	ended := make(chan error, 1)
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	watched := *call // the waiting goroutine overwrites call itself
	go func() { ended <- call.Wait(waiting) }()
	written := 0
	show := func() error {
		log, err := watched.Logs(ctx)
		if err != nil {
			return err
		}
		if len(log) > written {
			line.clear()
			_, err = fmt.Fprintln(w, strings.TrimSuffix(log[written:].Text(false), "\n"))
			written = len(log)
		}
		return err
	}
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case outcome := <-ended:
			line.clear()
			if ctx.Err() != nil {
				return outcome
			}
			return errors.Join(outcome, show())
		case <-ticks.C:
			if err := show(); err != nil {
				stop()
				return errors.Join(err, <-ended)
			}
		}
	}
}
