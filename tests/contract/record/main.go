// Command record carries the scenario of package scenario out and records it in tests/recorded: against an emulator in this
// process, or against the project that the environment names as for functions.ConfigFromEnv. What it makes in a project
// has names of its own and is removed at the end.
//
//	go run ./tests/contract/record
//	go run ./tests/contract/record --project my-test-project --kind "test project on Azure"
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/cogfn/cogfn/tests/contract/exchange"
	"github.com/cogfn/cogfn/tests/contract/scenario"
	functions "github.com/cogfn/cogfn/wrapper"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

// arguments are what the command line says.
type arguments struct {
	dir, project, kind string
	quick              bool
}

func run(ctx context.Context, args []string, env func(string) string, messages io.Writer) error {
	var a arguments
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.StringVar(&a.dir, "dir", "tests/recorded", "the folder of all recordings")
	flags.StringVar(&a.project, "project", "", "the name of the project, again, to show that it is meant")
	flags.StringVar(&a.kind, "kind", "", "what kind of project it is, for the recordings' headers; no names")
	flags.BoolVar(&a.quick, "quick", false, "leave out what takes a minute")
	if err := flags.Parse(args); err != nil {
		return err
	}
	name := "cogfn-" + strings.ToLower(rand.Text()[:8])
	if env("CDF_PROJECT") == "" {
		return recordEmulator(ctx, a, name, messages)
	}
	t, err := live(a, name, env)
	if err != nil {
		return err
	}
	return t.record(ctx, messages)
}

// live is the project that the environment names.
func live(a arguments, name string, env func(string) string) (*target, error) {
	switch project := env("CDF_PROJECT"); {
	case a.project != project:
		return nil, fmt.Errorf("the environment names the project %q, in which functions, files, schedules and sessions would be "+
			"made and deleted: repeat its name with --project if that is meant, or unset CDF_PROJECT to use the emulator", project)
	case a.kind == "":
		return nil, errors.New("say with --kind what kind of project it is, as in \"test project on Azure\"")
	}
	config, err := functions.ConfigFromEnv()
	if err != nil {
		return nil, err
	}
	return liveTarget(a, name, config, env)
}

func liveTarget(a arguments, name string, config functions.Config, env func(string) string) (*target, error) {
	base := config.BaseURL
	if base == "" {
		base = "https://" + config.Cluster + ".cognitedata.com"
	}
	return newTarget(a, base, scenario.Options{
		Config: config, Name: name, Quick: a.quick,
		Credentials: functions.ClientCredentialsConfig{
			ClientID: env("IDP_CLIENT_ID"), ClientSecret: functions.Secret(env("IDP_CLIENT_SECRET")),
		},
	}, exchange.Header{Provenance: exchange.Live, Source: a.kind + ", recorded " + today()}, env("CDF_TOKEN"))
}

func newTarget(a arguments, base string, options scenario.Options, header exchange.Header, secrets ...string) (*target, error) {
	address, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil {
		return nil, errors.New("the base URL cannot be read")
	}
	return &target{
		options: options, dir: a.dir, header: header, transport: http.DefaultTransport,
		redactor: newRedactor(address, options.Config.Project, options.Name,
			append(secrets, string(options.Credentials.ClientSecret), options.Credentials.ClientID)...),
	}, nil
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }
