// Package scenario runs all operations of the API through the wrapper, so that they can be recorded. It covers successes,
// errors, values at the bounds of the description, and values outside of them.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Options select the project and the extent of the scenario.
type Options struct {
	// Config is the configuration of the client.
	Config functions.Config
	// Credentials are for sessions with client credentials. The zero value omits these sessions.
	Credentials functions.ClientCredentialsConfig
	// Name is the prefix of the names of all resources that the scenario creates. It changes no others.
	Name string
	// Emulated reports whether the project is an emulator with small limits. Other projects omit requests that would take
	// minutes, exhaust a quota, or need existing assets and labels.
	Emulated bool
	// Quick omits waiting for a schedule, which takes up to a minute.
	Quick bool
	// Transport returns the transport for the requests of a section, and a function to call after its success.
	Transport func(Section) (http.RoundTripper, func() error, error)
	// Plain is the transport of requests outside of sections.
	Plain http.RoundTripper
}

// Section is a part of the scenario, with its own recording.
type Section struct {
	// Name is the name of the file without its extension: "functions".
	Name string
	// Rejected is true if each request violates the description.
	Rejected bool

	run func(*scenario) error
}

// sections are in the order of their dependencies.
var sections = []Section{
	{Name: "project", run: (*scenario).project},
	{Name: "files", run: (*scenario).files},
	{Name: "functions", run: (*scenario).functions},
	{Name: "calls", run: (*scenario).calls},
	{Name: "schedules", run: (*scenario).schedules},
	{Name: "scheduled-calls", run: (*scenario).scheduledCalls},
	{Name: "sessions", run: (*scenario).sessions},
	{Name: "bounds", run: (*scenario).bounds},
	{Name: "longest-lists", run: (*scenario).longestLists},
	{Name: "refused", Rejected: true, run: (*scenario).invalidRequests},
	{Name: "refused-lists", Rejected: true, run: (*scenario).tooLongLists},
	{Name: "unauthorized", run: (*scenario).unauthorized},
	{Name: "deletions", run: (*scenario).deletions},
}

// scenario is the state that sections share.
type scenario struct {
	Options

	ctx context.Context
	// client sends requests through transport, which is the transport of the current section.
	client    *functions.Client
	transport struct{ http.RoundTripper }
	cleanup   []func(context.Context) error

	code, plainFile      int64 // files
	echo, minimal, extra *functions.Function
	completed            functions.CallID
	schedule             *functions.Schedule
}

// Run runs the scenario and deletes the resources that it created, also after an error or the end of ctx. The error names
// the failed section and the resources that could not be deleted.
func Run(ctx context.Context, options Options) (err error) {
	s := &scenario{Options: options, ctx: ctx}
	if s.client, err = clientWith(options.Config, &s.transport); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.cleanUp()) }()
	for _, section := range sections {
		if section.Name == "scheduled-calls" && options.Quick {
			continue
		}
		if err := s.runSection(section); err != nil {
			return fmt.Errorf("section %s: %w", section.Name, err)
		}
	}
	return nil
}

func (s *scenario) runSection(section Section) error {
	transport, save, err := s.Transport(section)
	if err != nil {
		return err
	}
	s.transport.RoundTripper = transport
	if err := section.run(s); err != nil {
		return err
	}
	return save()
}

// clientWith returns a client without retries.
func clientWith(config functions.Config, transport http.RoundTripper) (*functions.Client, error) {
	return functions.NewClient(config, functions.WithHTTPClient(&http.Client{Transport: transport}),
		functions.WithRetry(functions.RetryOptions{MaxRetries: -1}),
		functions.WithPoll(functions.ExponentialPoll(100*time.Millisecond, 1.5, 5*time.Second)))
}

// atEnd adds a function that deletes a resource. They run at the end, in reverse order.
func (s *scenario) atEnd(remove func(context.Context) error) {
	s.cleanup = append(s.cleanup, remove)
}

func (s *scenario) cleanUp() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Minute)
	defer cancel()
	s.transport.RoundTripper = s.Plain
	var errs []error
	for _, remove := range slices.Backward(s.cleanup) {
		if err := remove(ctx); err != nil && !errors.Is(err, functions.ErrNotFound) {
			errs = append(errs, fmt.Errorf("could not delete all resources; delete those whose names begin with %s: %w", s.Name, err))
		}
	}
	return errors.Join(errs...)
}

// errorOf returns the error of a step. The recording has the result.
func errorOf[T any](_ T, err error) error { return err }

// rejected returns nil if err is an error response of the service, and an error otherwise.
func rejected(err error) error {
	if err == nil {
		return errors.New("the service accepted a request that it must reject")
	}
	return anyResponse(err)
}

// anyResponse returns nil if err is an error response of the service, and err otherwise.
func anyResponse(err error) error {
	if _, ok := errors.AsType[*functions.APIError](err); ok {
		return nil
	}
	return err
}

// send sends a request that the wrapper would not send. The path is relative to the project. Error responses are errors of
// the wrapper.
func (s *scenario) send(method, path, body string) error {
	return sendWith(s.ctx, s.client, method, path, body)
}

func sendWith(ctx context.Context, client *functions.Client, method, path, body string) error {
	generated := client.Gen()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(generated.Server, "/")+path, content)
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := generated.Client.Client.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
