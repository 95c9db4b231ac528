package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	testKey    = functions.Secret("test-key-of-16-bytes")
	testSecret = "test-secret"
	codeV0     = "def handle(data):\n    return 0\n"
	codeV1     = "def handle(data):\n    return 1\n"
	codeV2     = "def handle(data):\n    return 2\n"
)

// project is an emulator with the steps that most tests need.
type project struct{ *faults.Project }

// startProject starts an emulator. Functions with the name greet run in Go and return the environment variable VERSION.
func startProject(t *testing.T, o emulator.Options) *project {
	t.Helper()
	o.Overrides = map[string]emulator.Handler{
		"greet": func(_ context.Context, call *emulator.Call) (any, error) { return call.Env["VERSION"], nil },
	}
	return &project{faults.Start(t, o)}
}

// greetSpec returns the Spec of most tests.
func greetSpec(version, code string) deploy.Spec {
	return deploy.Spec{
		Function: functions.FunctionWrite{
			Name: "greet", ExternalID: new("greet"), EnvVars: map[string]string{"VERSION": version},
			Secrets: map[string]string{"password": testSecret}, Metadata: map[string]string{"team": "a"},
		},
		Source: functions.HandlerText(code), SecretsKey: testKey,
	}
}

// deploy deploys a Spec without faults.
func (p *project) deploy(spec deploy.Spec) *functions.Function {
	p.T.Helper()
	changes := p.plan(spec)
	return faults.Must[*functions.Function](p.T)(deploy.Deploy(p.T.Context(), p.Direct, changes))
}

// plan plans a Spec without faults.
func (p *project) plan(spec deploy.Spec) *deploy.Changes {
	p.T.Helper()
	return faults.Must[*deploy.Changes](p.T)(deploy.Plan(p.T.Context(), p.Direct, spec))
}

// deployFunc returns a function that deploys changes with faults.
func (p *project) deployFunc(changes *deploy.Changes) func(context.Context) (*functions.Function, error) {
	return func(ctx context.Context) (*functions.Function, error) { return deploy.Deploy(ctx, p.Client, changes) }
}

// createSchedule creates a schedule that does not run during a test.
func (p *project) createSchedule(fn *functions.Function, name, data string) {
	p.T.Helper()
	faults.Must[*functions.Schedule](p.T)(p.Direct.Schedules.Create(p.T.Context(), fn.Identifier(), functions.ScheduleWrite{
		Name: name, Description: new("about " + name), CronExpression: "0 0 29 2 *", Data: json.RawMessage(data),
	}))
}

// call calls a function and returns its response; "" if it cannot be called.
func (p *project) call(externalID string) string {
	p.T.Helper()
	call, err := p.Direct.Call(p.T.Context(), functions.ExternalID(externalID), nil)
	if err != nil {
		return ""
	}
	return string(faults.Must[json.RawMessage](p.T)(call.Response(p.T.Context())))
}

// describeSchedules returns name, cron expression, data and description of each schedule of a function.
func (p *project) describeSchedules(fn functions.Identifier) []string {
	p.T.Helper()
	var all []string
	for _, s := range p.Schedules(fn) {
		data := faults.Must[json.RawMessage](p.T)(s.InputData(p.T.Context()))
		all = append(all, fmt.Sprintf("%s|%s|%s|%s", s.Name, s.CronExpression, data, *s.Description))
	}
	return all
}
