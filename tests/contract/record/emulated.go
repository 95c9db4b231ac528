package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/contract/exchange"
	"github.com/cogfn/cogfn/tests/contract/scenario"
	functions "github.com/cogfn/cogfn/wrapper"
)

// recordEmulator starts an emulator and records it.
func recordEmulator(ctx context.Context, a arguments, name string, messages io.Writer) error {
	if a.project != "" || a.kind != "" {
		return errors.New("--project and --kind need CDF_PROJECT and the other settings of the environment; set them, or omit the flags to record the emulator")
	}
	e, err := emulator.Start(emulatorOptions(name))
	if err != nil {
		return err
	}
	t, err := emulatorTarget(a, name, e)
	if err == nil {
		err = t.record(ctx, messages)
	}
	return errors.Join(err, e.Close())
}

// emulatorOptions returns options with limits that the scenario exceeds. The functions that the scenario calls often are Go
// functions, the others run as Python.
func emulatorOptions(name string) emulator.Options {
	return emulator.Options{
		Project:           name + "-project",
		Clients:           map[string]string{name + "-client": "secret-of-" + name},
		Limits:            emulator.Limits{CallTimeout: 4 * time.Second, RunningCallsPerFunction: 1},
		Deployments:       emulator.After(800 * time.Millisecond),
		ValidateResponses: true,
		Overrides:         map[string]emulator.Handler{name + scenario.EchoSuffix: echo, name + scenario.MoreSuffix: echo},
	}
}

// emulatorTarget returns the target for an emulator.
func emulatorTarget(a arguments, name string, e *emulator.Emulator) (*target, error) {
	credentials := functions.ClientCredentialsConfig{
		ClientID: e.ClientID(), ClientSecret: functions.Secret(e.ClientSecret()), TokenURL: e.TokenURL(),
	}
	return newTarget(a, e.URL(), scenario.Options{
		Config: functions.Config{
			BaseURL: e.URL(), Project: e.Project(), TokenSource: functions.ClientCredentials(credentials),
		},
		Credentials: credentials, Name: name, Emulated: true, Quick: a.quick,
	}, exchange.Header{
		Provenance: exchange.Emulator, Source: "the emulator of cogfn " + functions.Version + ", recorded " + today(),
	})
}

// echo behaves as the Python code of the scenario.
func echo(ctx context.Context, call *emulator.Call) (any, error) {
	var input scenario.Input
	if err := json.Unmarshal(call.Data, &input); err != nil {
		return nil, err
	}
	call.Print("called")
	if input.Fail != "" {
		return nil, errors.New("ValueError: " + input.Fail)
	}
	select {
	case <-time.After(time.Duration(input.Seconds) * time.Second):
		return input.Value, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
