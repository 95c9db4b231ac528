// Package beyondpython runs the Go code of docs/beyond-python.md.
package beyondpython

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/snippets"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// project is the emulated project in which a snippet runs. At the start it has no functions.
type project struct {
	t   *testing.T
	cfg functions.Config
}

// run are the snippets by name. Each method contains one snippet and checks its results.
var run = map[string]func(p *project, ctx context.Context, client *functions.Client) error{
	"deploy": (*project).deploy, "rollback": (*project).rollback,
	"upsert": (*project).upsert, "pause": (*project).pause, "health": (*project).health, "next-runs": (*project).nextRuns,
	"waits": (*project).waits, "wait-all": (*project).waitAll, "follow-logs": (*project).followLogs, "run": (*project).run,
	"recover": (*project).recover, "secrets": (*project).secrets,
	"map": (*project).mapInputs, "checkpoint": (*project).checkpoint, "limiter": (*project).limiter,
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	for name, snippet := range run {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &project{t: t, cfg: snippets.StartService(t, map[string]emulator.Handler{
				"greet": greet, "Greeter": greet, "square-root": squareRoot,
			})}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := snippet(p, ctx, snippets.NewClient(t, p.cfg)); err != nil {
				t.Error(err)
			}
		})
	}
}

const pageName = "beyond-python.md"

func TestPage(t *testing.T) {
	t.Parallel()
	page := snippets.ReadPage(t, pageName)
	snippets.CheckPage(t, page, slices.Collect(maps.Keys(run)))
	snippets.CheckLinks(t, page)
}

func greet(_ context.Context, call *emulator.Call) (any, error) {
	var in struct{ Name string }
	if err := json.Unmarshal(call.Data, &in); err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, errors.New("KeyError: 'name'")
	}
	call.Print("greeting ", in.Name)
	return map[string]string{"greeting": "Hello, " + in.Name + "!"}, nil
}

func squareRoot(_ context.Context, call *emulator.Call) (any, error) {
	var in number
	if err := json.Unmarshal(call.Data, &in); err != nil {
		return nil, err
	}
	for n := range in.N + 1 {
		if n*n == in.N {
			return root{n}, nil
		}
	}
	return nil, fmt.Errorf("ValueError: %d is not a square number", in.N)
}

// create creates a function that the emulator runs by its external id.
func (p *project) create(client *functions.Client, externalID string) *functions.Function {
	p.t.Helper()
	return snippets.CreateFunction(p.t, client, externalID, functions.HandlerText("def handle(data): ...\n"))
}

// shows checks that the page contains the output of a snippet.
func (p *project) shows(output string) {
	p.t.Helper()
	if page := snippets.ReadPage(p.t, pageName); !strings.Contains(page, "```\n"+output+"\n```") {
		p.t.Errorf("docs/%s does not show this output:\n%s", pageName, output)
	}
}

func (p *project) equal(what string, got, want any) {
	p.t.Helper()
	snippets.CheckEqual(p.t, what, got, want)
}

func (p *project) errorIs(err, want error) {
	p.t.Helper()
	snippets.CheckError(p.t, err, want)
}
