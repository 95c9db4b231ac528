package snippets

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// StartService starts an emulator in which Go functions replace uploaded code, and returns the configuration of its clients.
func StartService(t *testing.T, handlers map[string]emulator.Handler) functions.Config {
	t.Helper()
	service := emulator.RunT(t, emulator.Options{Handlers: handlers})
	return functions.Config{
		BaseURL: service.URL(), Project: service.Project(), TokenSource: functions.ClientCredentials(functions.ClientCredentialsConfig{
			ClientID: service.ClientID(), ClientSecret: functions.Secret(service.ClientSecret()), TokenURL: service.TokenURL(),
		}),
	}
}

// NewClient returns a client with short poll intervals, whose connections close at the end of the test.
func NewClient(t *testing.T, cfg functions.Config, opts ...functions.Option) *functions.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := functions.NewClient(cfg, append([]functions.Option{
		functions.WithHTTPClient(&http.Client{Transport: transport}),
		functions.WithPoll(functions.ExponentialPoll(time.Millisecond, 2, 100*time.Millisecond)),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// CreateFunction creates a function whose name and external id are externalID, and waits until it is ready.
func CreateFunction(t *testing.T, client *functions.Client, externalID string, source functions.Source) *functions.Function {
	t.Helper()
	fn, err := client.Create(t.Context(), functions.FunctionWrite{Name: externalID, ExternalID: &externalID}, source)
	if err == nil {
		fn, err = fn.WaitReady(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

// CheckEqual compares a value of a snippet. what describes the value.
func CheckEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// CheckError compares the error of a snippet.
func CheckError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v; want %v", err, want)
	}
}
