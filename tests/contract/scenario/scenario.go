// Package scenario carries out every operation of the API through the wrapper, in every way that the description tells of
// and that can be provoked: the successes, the errors, the values at the bounds and those beyond them.
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

// Options say where the scenario takes place.
type Options struct {
	// Config is the project, and who asks.
	Config functions.Config
	// Credentials are those of the sessions by client credentials; the zero value leaves these out.
	Credentials functions.ClientCredentialsConfig
	// Name begins the name of everything that the scenario makes, so that nothing else is touched.
	Name string
	// Emulated tells that the project is an emulator with the limits of [Limits]: what would take a real project minutes,
	// fill it up, or need assets and labels that it has not, is left out elsewhere.
	Emulated bool
	// Quick leaves out what takes a minute: waiting for a schedule.
	Quick bool
	// Transport gives the transport that a section's requests go through, and what to do when it has gone well.
	Transport func(Section) (http.RoundTripper, func() error, error)
	// Plain is the transport of requests that belong to no section.
	Plain http.RoundTripper
}

// Section is a part of the scenario: one recording.
type Section struct {
	// Name is made for a file: "functions".
	Name string
	// Refused tells that every request breaks the description.
	Refused bool

	run func(*scenario) error
}

// sections are in the order in which they need each other.
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
	{Name: "refused", Refused: true, run: (*scenario).refusals},
	{Name: "refused-lists", Refused: true, run: (*scenario).refusedLists},
	{Name: "unauthorized", run: (*scenario).unauthorized},
	{Name: "deletions", run: (*scenario).deletions},
}

// scenario is what one section leaves to the next.
type scenario struct {
	Options

	ctx context.Context
	// client sends everything through transport, which is that of the section under way.
	client    *functions.Client
	transport struct{ http.RoundTripper }
	cleanup   []func(context.Context) error

	code, plainFile   int64 // files
	echo, least, more *functions.Function
	completed         functions.CallID
	schedule          *functions.Schedule
}

// Run carries the scenario out, and removes what it made, also when it fails or ctx ends. The error says which section
// went wrong and what is left behind.
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
		if err := s.carryOut(section); err != nil {
			return fmt.Errorf("section %s: %w", section.Name, err)
		}
	}
	return nil
}

func (s *scenario) carryOut(section Section) error {
	transport, keep, err := s.Transport(section)
	if err != nil {
		return err
	}
	s.transport.RoundTripper = transport
	if err := section.run(s); err != nil {
		return err
	}
	return keep()
}

// clientWith makes a client that asks once: what is refused here is refused for good.
func clientWith(config functions.Config, transport http.RoundTripper) (*functions.Client, error) {
	return functions.NewClient(config, functions.WithHTTPClient(&http.Client{Transport: transport}),
		functions.WithRetry(functions.RetryOptions{MaxRetries: -1}),
		functions.WithPoll(functions.ExponentialPoll(100*time.Millisecond, 1.5, 5*time.Second)))
}

// later notes how to remove something that was made. It is done at the end, the last first.
func (s *scenario) later(remove func(context.Context) error) {
	s.cleanup = append(s.cleanup, remove)
}

func (s *scenario) cleanUp() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), time.Minute)
	defer cancel()
	s.transport.RoundTripper = s.Plain
	var errs []error
	for _, remove := range slices.Backward(s.cleanup) {
		if err := remove(ctx); err != nil && !errors.Is(err, functions.ErrNotFound) {
			errs = append(errs, fmt.Errorf("something is left behind; look for the name %s: %w", s.Name, err))
		}
	}
	return errors.Join(errs...)
}

// second drops what a step returns: the recording keeps it.
func second[T any](_ T, err error) error { return err }

// refused turns the service's refusal into success, and everything else into an error.
func refused(err error) error {
	if err == nil {
		return errors.New("a request that should have been refused was carried out")
	}
	return answered(err)
}

// answered takes any answer of the service for a success.
func answered(err error) error {
	if _, ok := errors.AsType[*functions.APIError](err); ok {
		return nil
	}
	return err
}

// send sends a request that the wrapper has no method for, or would not send. A path that begins with a slash lies below
// the project. The error is the wrapper's.
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
