// Package functionstest tests programs that use package functions, with an emulator of the service in the same process.
// Tests need no account, no network and no Python.
//
//	client, e := functionstest.Run(t, emulator.Options{Handlers: map[string]emulator.Handler{"double": double}})
//	call, err := client.Call(ctx, functions.ExternalID("double"), map[string]int{"n": 21})
//
// With the emulator, a test moves the clock, scripts outcomes and injects faults.
package functionstest

import (
	"time"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// pollInterval is short, because an emulator does not limit the rate of requests.
const pollInterval = 5 * time.Millisecond

// Run starts an emulator for a test, as [emulator.RunT] does, and returns a client of it. The functions of options.Handlers
// exist and are Ready. The client polls every 5 ms; the options of the caller override that. The emulator and the
// connections of the client are closed when the test ends.
func Run(t emulator.TB, options emulator.Options, opts ...functions.Option) (*functions.Client, *emulator.Emulator) {
	t.Helper()
	e := emulator.RunT(t, options)
	if e == nil {
		return nil, nil // Fatalf of another implementation may return
	}
	return Connect(t, e, opts...), e
}

// Connect returns another client of an emulator. If the options are not valid, it fails the test.
func Connect(t emulator.TB, e *emulator.Emulator, opts ...functions.Option) *functions.Client {
	t.Helper()
	defaults := []functions.Option{
		functions.WithHTTPClient(e.HTTPClient()), functions.WithPoll(functions.ConstantPoll(pollInterval)),
	}
	client, err := functions.NewClient(Config(e), append(defaults, opts...)...)
	if err != nil {
		t.Fatalf("connect to the emulator: %v", err)
	}
	return client
}

// Config returns the configuration of a client of an emulator, with its client credentials.
func Config(e *emulator.Emulator) functions.Config {
	return functions.Config{
		BaseURL: e.URL(),
		Project: e.Project(),
		TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID:     e.ClientID(),
			ClientSecret: functions.Secret(e.ClientSecret()),
			TokenURL:     e.TokenURL(),
		}),
	}
}
