package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

// handler is the code of the functions. [Input] controls it.
const handler = `import time

def handle(data):
    print("called with", sorted(data))
    if data.get("fail"):
        raise ValueError(data["fail"])
    time.sleep(data.get("seconds", 0))
    return data.get("value")
`

// broken is code that cannot be imported, so its deployment fails.
const broken = `import a_module_that_does_not_exist

def handle(data):
    return data
`

// Input is the input data of the functions.
type Input struct {
	// Fail makes the call fail with this message.
	Fail string `json:"fail,omitempty"`
	// Seconds is the duration of the call.
	Seconds int `json:"seconds,omitempty"`
	// Value is the response of the call.
	Value any `json:"value,omitempty"`
}

// The suffixes of the external ids of functions that an emulator can replace by Go functions with the same behavior.
const (
	EchoSuffix = "-echo"
	MoreSuffix = "-more"
)

func (s *scenario) functions() error {
	if err := s.createFunctions(); err != nil {
		return err
	}
	early := errors.Join(
		rejected(errorOf(s.extra.Start(s.ctx, nil))), // the function is not ready
		rejected(errorOf(s.client.Create(s.ctx, functions.FunctionWrite{ // the external id is taken
			Name: s.Name, ExternalID: new(s.Name + EchoSuffix),
		}, functions.FileID(s.code)))),
		rejected(errorOf(s.client.Create(s.ctx, functions.FunctionWrite{Name: s.Name}, functions.FileID(9007199254740991)))),
	)
	for _, fn := range []*functions.Function{s.echo, s.minimal, s.extra} {
		if _, err := fn.WaitReady(s.ctx); err != nil {
			return err
		}
	}
	return errors.Join(early, s.brokenFunction(), s.runtimes(), s.listFunctions(), s.retrieveFunctions())
}

func (s *scenario) createFunctions() (err error) {
	everything := functions.FunctionWrite{
		Name: s.Name + "-echo", ExternalID: new(s.Name + EchoSuffix), Description: new("Returns what it is given."),
		Owner: new("contract tests"), FunctionPath: new("handler.py"), Metadata: map[string]string{"purpose": "contract tests"},
		Secrets: map[string]string{"some-secret": "not-so-secret"}, EnvVars: map[string]string{"SOME_SETTING": "some value"},
		CPU: new(1.0), Memory: new(1.5), Runtime: new(gen.FunctionRuntimePy313),
	}
	if s.Emulated { // the real service would download packages from these
		everything.IndexURL = new("https://user:password@index.example.com/simple")
		everything.ExtraIndexURLs = []string{"https://user:password@more.example.com/simple"}
	}
	if s.echo, err = s.create(everything, functions.FileID(s.code)); err != nil {
		return err
	}
	if s.minimal, err = s.create(functions.FunctionWrite{Name: s.Name + "-least"}, functions.HandlerText(handler)); err != nil {
		return err
	}
	s.extra, err = s.create(functions.FunctionWrite{
		Name: s.Name + "-more", ExternalID: new(s.Name + MoreSuffix), Runtime: new(gen.FunctionRuntimePy312),
	}, functions.FileID(s.plainFile))
	return err
}

func (s *scenario) create(w functions.FunctionWrite, source functions.Source, opts ...functions.CreateOption) (*functions.Function, error) {
	fn, err := s.client.Create(s.ctx, w, source, opts...)
	if err != nil {
		return nil, err
	}
	if fn.FileID != s.code && fn.FileID != s.plainFile {
		s.deleteFileLater(functions.ID(fn.FileID))
	}
	s.atEnd(func(ctx context.Context) error {
		return s.client.Delete(ctx, []functions.Identifier{functions.ID(fn.ID)}, functions.IgnoreUnknown())
	})
	return fn, nil
}

// brokenFunction records the failed deployment of code that cannot be imported.
func (s *scenario) brokenFunction() error {
	w := functions.FunctionWrite{Name: s.Name + "-broken", Runtime: new(gen.FunctionRuntimePy311)}
	fn, err := s.create(w, functions.HandlerText(broken), functions.WithoutValidation())
	if err != nil {
		return err
	}
	if _, err = fn.WaitReady(s.ctx); err == nil {
		return errors.New("the deployment of code that cannot be imported did not fail")
	}
	if _, ok := errors.AsType[*functions.DeployError](err); !ok {
		return err
	}
	return errorOf(s.client.Gen().GetFunction(s.ctx, fn.ID))
}

// runtimes creates a function with each runtime. The service rejects withdrawn ones. In a real project the others would take
// an hour, so only an emulator creates them.
func (s *scenario) runtimes() error {
	for _, runtime := range gen.FunctionRuntimeValues() {
		var err error
		switch {
		case slices.Contains(gen.FunctionRuntimeWithdrawn(), runtime):
			err = rejected(s.send("POST", "/functions", one(s.function().with("runtime", runtime)).String()))
		case s.Emulated:
			write := functions.FunctionWrite{Name: s.Name + "-" + string(runtime), Runtime: &runtime}
			err = errorOf(s.create(write, functions.FileID(s.code)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recently returns a time range that contains the whole scenario.
func recently() functions.TimeRange {
	return functions.TimeRange{From: time.Now().Add(-24 * time.Hour), To: time.Now().Add(time.Hour)}
}

func (s *scenario) listFunctions() error {
	c := s.client
	filters := []functions.Filter{
		{Name: s.Name + "-least"},
		{
			Name: s.Name + "-echo", Owner: "contract tests", FileID: s.code, Status: functions.FunctionReady,
			ExternalIDPrefix: s.Name, CreatedTime: recently(),
			Metadata: map[string]string{"purpose": "contract tests"},
		},
		{Name: s.Name + "-broken", Status: functions.FunctionFailed},
	}
	for _, status := range gen.FunctionStatusValues() {
		filters = append(filters, functions.Filter{Name: s.Name, Status: status})
	}
	var errs []error
	for _, filter := range filters {
		errs = append(errs, errorOf(c.List(s.ctx, filter)))
	}
	return errors.Join(append(errs,
		errorOf(c.Gen().GetFunctions(s.ctx, nil)),
		errorOf(c.Gen().GetFunctions(s.ctx, &gen.GetFunctionsParams{Limit: new(int64(2))})),
		s.send("POST", "/functions/list", ""),
		s.send("POST", "/functions/list", `{"filter": {"name": "none", "createdTime": {"min": 10}}}`),
		s.send("POST", "/functions/list", `{"filter": {"name": "none", "createdTime": {"max": 199}}}`),
	)...)
}

func (s *scenario) retrieveFunctions() error {
	c, unknown := s.client, functions.ExternalID(s.Name+"-none")
	return errors.Join(
		errorOf(c.Retrieve(s.ctx, functions.ID(s.echo.ID))),
		errorOf(c.RetrieveMultiple(s.ctx, []functions.Identifier{functions.ExternalID(s.Name + EchoSuffix), functions.ID(s.minimal.ID)})),
		errorOf(c.RetrieveMultiple(s.ctx, []functions.Identifier{unknown}, functions.IgnoreUnknown())),
		rejected(errorOf(c.Retrieve(s.ctx, unknown))),
		s.send("POST", "/functions/byids", fmt.Sprintf(`{"items": [{"id": %d}]}`, s.extra.ID)),
		errorOf(c.Gen().GetFunction(s.ctx, s.echo.ID)),
		errorOf(c.Gen().GetFunction(s.ctx, s.minimal.ID)),
		rejected(s.send("GET", "/functions/"+unknownID, "")),
	)
}
