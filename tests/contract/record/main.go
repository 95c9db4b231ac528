// Command record runs package scenario and records it in tests/recorded. It records an emulator in this process, or the
// project in the environment variables of functions.ConfigFromEnv. The names of all resources that it creates begin with
// "cogfn-" and a random string. It deletes them at the end.
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

// arguments are the flags.
type arguments struct {
	dir, project, kind string
	quick              bool
}

func run(ctx context.Context, args []string, env func(string) string, messages io.Writer) error {
	var a arguments
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	flags.SetOutput(messages)
	flags.StringVar(&a.dir, "dir", "tests/recorded", "write recordings to `DIR`")
	flags.StringVar(&a.project, "project", "", "repeat the `NAME` of the project in CDF_PROJECT, to confirm that it may be changed")
	flags.StringVar(&a.kind, "kind", "", "describe the kind of project in the headers of the recordings, without names, as in `TEXT` \"test project on Azure\"")
	flags.BoolVar(&a.quick, "quick", false, "do not wait for a schedule, which takes a minute")
	if err := flags.Parse(args); err != nil {
		return err
	}
	name := "cogfn-" + strings.ToLower(rand.Text()[:8])
	if env("CDF_PROJECT") == "" {
		return recordEmulator(ctx, a, name, messages)
	}
	t, err := confirmedTarget(a, name, env)
	if err != nil {
		return err
	}
	return t.record(ctx, messages)
}

// confirmedTarget returns the target for the project in the environment, if the flags confirm it.
func confirmedTarget(a arguments, name string, env func(string) string) (*target, error) {
	switch project := env("CDF_PROJECT"); {
	case a.project != project:
		return nil, fmt.Errorf("CDF_PROJECT is %q, where this program creates and deletes functions, files, schedules and sessions: "+
			"to confirm, repeat its name with --project; to record the emulator, unset CDF_PROJECT", project)
	case a.kind == "":
		return nil, errors.New("--kind is missing: describe the kind of project, as in \"test project on Azure\"")
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
		return nil, errors.New("the base URL is not valid; correct CDF_URL or CDF_CLUSTER")
	}
	return &target{
		options: options, dir: a.dir, header: header, transport: http.DefaultTransport,
		redactor: newRedactor(address, options.Config.Project, options.Name,
			append(secrets, string(options.Credentials.ClientSecret), options.Credentials.ClientID)...),
	}, nil
}

func today() string { return time.Now().UTC().Format(time.DateOnly) }
