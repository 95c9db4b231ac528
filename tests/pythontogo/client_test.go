package pythontogo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) newClient(context.Context, *functions.Client) error {
	p.t.Skip("the snippet reads environment variables; the test only compiles it")
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
	_ = client
	return nil
}

func (p *project) payload(ctx context.Context, _ *functions.Client) error {
	cfg := p.cfg
	// snippet: payload
	client, err := functions.NewClient(cfg, functions.WithPayloadLimit(functions.PayloadAzure))
	if err != nil {
		return err
	}
	// end
	_, err = client.Start(ctx, p.fn.Identifier(), map[string]string{"text": strings.Repeat("x", functions.PayloadAzure)})
	p.errorIs(err, functions.ErrInvalid)
	return nil
}

func (p *project) status(ctx context.Context, client *functions.Client) error {
	// snippet: status
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
	if limits.ResponseSizeMB != nil { // only on Google Cloud
		fmt.Println(*limits.ResponseSizeMB)
	}
	// end
	p.equal("timeout in minutes", limits.TimeoutMinutes, 9)
	return nil
}

func (p *project) errors(ctx context.Context, client *functions.Client) error {
	// snippet: errors
	_, err := client.Retrieve(ctx, functions.ExternalID("no-such-function"))
	if rejected, ok := errors.AsType[*functions.APIError](err); ok {
		fmt.Println(rejected.StatusCode, rejected.Message, rejected.RequestID)
		fmt.Printf("missing %s, duplicated %s\n", rejected.Missing, rejected.Duplicated)
	}
	switch {
	case errors.Is(err, functions.ErrNotFound): // no such function
	case errors.Is(err, functions.ErrForbidden): // a capability is missing
	case errors.Is(err, functions.ErrInvalid): // an invalid argument; nothing was sent
	}
	// end
	p.errorIs(err, functions.ErrNotFound)
	return nil
}

func (p *project) retries(ctx context.Context, _ *functions.Client) error {
	cfg := p.cfg
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
	p.errorIs(err, context.Canceled)
	return nil
}
