package pythontogo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (s *fixture) newClient(ctx context.Context, _ *functions.Client) error {
	// snippet: client
	cfg, err := functions.ConfigFromEnv() // CDF_PROJECT, CDF_CLUSTER, IDP_CLIENT_ID, …
	if err != nil {
		return err
	}
	client, err := functions.NewClient(cfg)
	if err != nil {
		return err
	}
	// end
	fn, err := client.Retrieve(ctx, functions.ExternalID("my-function"))
	if err != nil {
		return err
	}
	s.want("id", fn.ID, s.fn.ID)
	return nil
}

func (s *fixture) payload(ctx context.Context, _ *functions.Client) error {
	cfg := s.cfg
	// snippet: payload
	client, err := functions.NewClient(cfg, functions.WithPayloadLimit(functions.PayloadAzure))
	if err != nil {
		return err
	}
	// end
	_, err = client.Start(ctx, s.fn.Identifier(), map[string]string{"text": strings.Repeat("x", functions.PayloadAzure)})
	s.want("data that is too large matches ErrInvalid", errors.Is(err, functions.ErrInvalid), true)
	return nil
}

func (s *fixture) project(ctx context.Context, client *functions.Client) error {
	// snippet: project
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if status.Status != functions.StatusActivated {
		if _, err := client.Activate(ctx); err != nil { // takes up to two hours
			return err
		}
	}
	limits, err := client.Limits(ctx)
	if err != nil {
		return err
	}
	fmt.Println(limits.TimeoutMinutes, limits.CPUCores.Max, limits.MemoryGB.Max, limits.Runtimes)
	if limits.ResponseSizeMB != nil { // on Google Cloud only
		fmt.Println(*limits.ResponseSizeMB)
	}
	// end
	s.want("timeout in minutes", limits.TimeoutMinutes, 9)
	return nil
}

func (s *fixture) retries(ctx context.Context, _ *functions.Client) error {
	cfg := s.cfg
	// snippet: retries
	client, err := functions.NewClient(cfg,
		functions.WithRetry(functions.RetryOptions{MaxRetries: 3, MaxDelay: 10 * time.Second}),
		functions.WithAttemptTimeout(30*time.Second),
	)
	if err != nil {
		return err
	}
	// end
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = client.Status(canceled)
	s.want("matches Canceled", errors.Is(err, context.Canceled), true)
	return nil
}

func (s *fixture) errors(ctx context.Context, client *functions.Client) error {
	// snippet: errors
	_, err := client.Retrieve(ctx, functions.ExternalID("no-such-function"))
	if apiErr, ok := errors.AsType[*functions.APIError](err); ok {
		fmt.Println(apiErr.StatusCode, apiErr.Message, apiErr.RequestID)
		fmt.Printf("missing %s, duplicated %s\n", apiErr.Missing, apiErr.Duplicated)
	}
	switch {
	case errors.Is(err, functions.ErrNotFound):
	case errors.Is(err, functions.ErrForbidden):
	case errors.Is(err, functions.ErrInvalid): // the client rejected an argument and sent no request
	}
	// end
	s.want("matches ErrNotFound", errors.Is(err, functions.ErrNotFound), true)
	return nil
}

func (s *fixture) concurrency(ctx context.Context, client *functions.Client) error {
	// snippet: concurrency
	var group sync.WaitGroup
	responses, errs := make([]json.RawMessage, 10), make([]error, 10)
	for i := range responses {
		group.Go(func() {
			call, err := client.Call(ctx, functions.ExternalID("my-function"), map[string]int{"a": i})
			if err != nil {
				errs[i] = err
				return
			}
			responses[i], errs[i] = call.Response(ctx)
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	// end
	for i, response := range responses {
		s.want("response", string(response), fmt.Sprintf(`{"sum":%d}`, i))
	}
	return nil
}

func (s *fixture) enums(context.Context, *functions.Client) error {
	fn := s.fn
	// snippet: enums
	switch fn.Status {
	case functions.FunctionReady:
	case functions.FunctionFailed:
	default:
		if !functions.Known(fn.Status) {
			fmt.Println("this version does not know the status", fn.Status)
		}
	}
	// end
	s.want("status is known", functions.Known(fn.Status), true)
	return nil
}

func (s *fixture) json(context.Context, *functions.Client) error {
	fn := s.fn
	// snippet: json
	text, err := json.Marshal(fn)
	if err != nil {
		return err
	}
	fmt.Println(string(text)) // {"createdTime":…,"externalId":"my-function",…}
	// end
	s.want("JSON contains the external id", strings.Contains(string(text), `"externalId":"my-function"`), true)
	return nil
}
