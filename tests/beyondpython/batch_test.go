package beyondpython

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

// number is the input of the function square-root.
type number struct {
	N int `json:"n"`
}

// root is its response.
type root struct {
	Root int `json:"root"`
}

func (p *project) mapInputs(ctx context.Context, client *functions.Client) error {
	p.create(client, "square-root")
	// snippet: map
	type number struct {
		N     int    `json:"n"`
		Label string `json:"-"` // not sent
	}
	type root struct {
		Root int `json:"root"`
	}
	numbers := slices.Values([]number{{49, "first"}, {50, "second"}, {64, "third"}})
	roots := map[string]int{}
	for result, err := range batch.Map[number, root](ctx, client, functions.ExternalID("square-root"), numbers,
		batch.WithConcurrency(10), batch.WithRetries(1), batch.WithRetryPause(functions.ConstantPoll(10*time.Millisecond))) {
		if err != nil {
			return err // Map stopped
		}
		if result.Err != nil { // this input failed
			fmt.Println(result.Input.Label, "failed", result.Attempts, "times:", result.Err)
			continue
		}
		roots[result.Input.Label] = result.Output.Root
	}
	// end
	p.equal("roots", roots, map[string]int{"first": 7, "third": 8})
	return nil
}

func (p *project) checkpoint(ctx context.Context, client *functions.Client) error {
	p.create(client, "square-root")
	file := filepath.Join(p.t.TempDir(), "roots.jsonl")
	// snippet: checkpoint
	numbers := slices.Values([]number{{49}, {64}, {81}})
	roots := batch.Map[number, root](ctx, client, functions.ExternalID("square-root"), numbers,
		batch.WithCheckpoint(file), batch.WithConcurrency(1))
	for result, err := range roots {
		if err != nil {
			return err
		}
		fmt.Println(result.Output.Root)
		break // the first run is interrupted
	}
	var recorded []bool
	for result, err := range roots { // the second run reads the first result from the file
		if err != nil {
			return err
		}
		recorded = append(recorded, result.Recorded)
	}
	// end
	p.equal("recorded", recorded, []bool{true, false, false})
	return nil
}

func (p *project) limiter(ctx context.Context, client *functions.Client) error {
	p.create(client, "square-root")
	p.t.Cleanup((&http.Client{}).CloseIdleConnections) // the client of the snippet uses the default transport
	cfg, numbers := p.cfg, slices.Values([]number{{4}, {9}})
	// snippet: limiter
	limiter, err := batch.NewLimiter(batch.Limits{Calls: 40, Requests: 8, RequestsPerSecond: 500, Burst: 50})
	if err != nil {
		return err
	}
	client, err = functions.NewClient(cfg, functions.WithLimiter(limiter)) // limits requests
	if err != nil {
		return err
	}
	square := functions.ExternalID("square-root")
	call, err := limiter.Call(ctx, client, square, number{144}) // a single call
	if err != nil {
		return err
	}
	results := batch.Map[number, root](ctx, client, square, numbers, batch.WithLimiter(limiter)) // many calls
	// end
	p.equal("status", call.Status, functions.CallCompleted)
	for result, err := range results {
		if err != nil {
			return err
		}
		p.equal("root", result.Output.Root*result.Output.Root, result.Input.N)
	}
	return nil
}
