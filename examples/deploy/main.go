// Command deploy creates a function from a directory, calls it and deletes it. It uses the project of the CDF_* and IDP_*
// environment variables. Without CDF_PROJECT, it starts an emulator.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute) // a real build takes minutes
	defer cancel()
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	cfg, closeService, err := config()
	if err != nil {
		return err
	}
	defer closeService()
	client, err := functions.NewClient(cfg)
	if err != nil {
		return err
	}

	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "hello"}, functions.Folder("examples/hello"))
	if err != nil {
		return err
	}
	defer func() { _ = client.Delete(ctx, []functions.Identifier{fn.Identifier()}) }()
	if fn, err = fn.WaitReady(ctx); err != nil {
		return err
	}
	call, err := fn.Call(ctx, map[string]any{"name": "Ada"})
	if err != nil {
		return err
	}
	printed, err := call.Logs(ctx)
	if err != nil {
		return err
	}
	response, err := call.Response(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "%s printed %q and returned %s\n", fn.Name, printed.Text(false), response)
	return err
}

// config returns the configuration of the environment or of a new emulator.
func config() (cfg functions.Config, closeService func(), err error) {
	if os.Getenv("CDF_PROJECT") != "" {
		cfg, err = functions.ConfigFromEnv()
		return cfg, func() {}, err
	}
	service, err := emulator.Start(emulator.Options{})
	if err != nil {
		return cfg, nil, err
	}
	cfg = functions.Config{
		BaseURL: service.URL(),
		Project: service.Project(),
		TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID:     service.ClientID(),
			ClientSecret: functions.Secret(service.ClientSecret()),
			TokenURL:     service.TokenURL(),
		}),
	}
	return cfg, func() { _ = service.Close() }, nil
}
