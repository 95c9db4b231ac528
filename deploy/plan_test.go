package deploy_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestPlanReasons(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	full := func() deploy.Spec {
		spec := greetSpec("1", codeV1)
		spec.Function.CPU, spec.Function.Memory = new(1.5), new(2.0)
		spec.Function.Runtime = new(functions.Runtime("py311"))
		spec.Function.Description, spec.Function.Owner = new("says hello"), new("me")
		spec.Function.IndexURL = new("https://index.test")
		return spec
	}
	p.deploy(full())
	for name, test := range map[string]struct {
		change func(*deploy.Spec)
		want   []string
	}{
		"same":         {func(*deploy.Spec) {}, nil},
		"empty list":   {func(s *deploy.Spec) { s.Function.ExtraIndexURLs = []string{} }, nil},
		"default path": {func(s *deploy.Spec) { s.Function.FunctionPath = new("handler.py") }, nil},
		"code":         {func(s *deploy.Spec) { s.Source = functions.HandlerText(codeV2) }, []string{"code: was hash 729b4e04329d, is 5ed70e0e963b"}},
		"number":       {func(s *deploy.Spec) { s.Function.Memory = new(3.0) }, []string{"memory: was 2, is 3"}},
		"text":         {func(s *deploy.Spec) { s.Function.Description = new("bye") }, []string{`description: was "says hello", is "bye"`}},
		"runtime":      {func(s *deploy.Spec) { s.Function.Runtime = new(functions.Runtime("py312")) }, []string{`runtime: was "py311", is "py312"`}},
		"name":         {func(s *deploy.Spec) { s.Function.Name = "greeter" }, []string{`name: was "greet", is "greeter"`}},
		"unset":        {func(s *deploy.Spec) { s.Function.Owner = new("") }, []string{"owner: is no longer set"}},
		"env":          {func(s *deploy.Spec) { s.Function.EnvVars = map[string]string{"VERSION": "2", "A": "b"} }, []string{"envVars: A is added, VERSION has another value"}},
		"metadata":     {func(s *deploy.Spec) { s.Function.Metadata = map[string]string{"a": "b"} }, []string{"metadata: a is added, team is removed"}},
		"secret's key": {func(s *deploy.Spec) { s.Function.Secrets = map[string]string{"pin": "1"} }, []string{"secrets: password is removed, pin is added"}},
		"secret":       {func(s *deploy.Spec) { s.Function.Secrets = map[string]string{"password": "x"} }, []string{"secrets: a value or SecretsKey differs"}},
		"no secret":    {func(s *deploy.Spec) { s.Function.Secrets = nil }, []string{"secrets: is no longer set"}},
		"index":        {func(s *deploy.Spec) { s.Function.IndexURL = new("https://other.test") }, []string{"indexUrl: differs"}},
		"more indexes": {func(s *deploy.Spec) { s.Function.ExtraIndexURLs = []string{"https://x.test"} }, []string{"extraIndexUrls: is set now"}},
		"data set":     {func(s *deploy.Spec) { s.DataSetID = 3 }, nil},
		"several":      {func(s *deploy.Spec) { s.Function.CPU, s.Function.Owner = new(2.0), new("you") }, []string{"cpu: was 1.5, is 2", `owner: was "me", is "you"`}},
		"other key":    {func(s *deploy.Spec) { s.SecretsKey += "x" }, []string{"indexUrl: differs", "secrets: a value or SecretsKey differs"}},
		"keep":         {func(s *deploy.Spec) { s.KeepFiles = 1 }, nil},
		"functionPath": {func(s *deploy.Spec) { s.Function.FunctionPath = new("a.py") }, []string{"code: was hash 729b4e04329d, is 2349f7a839e5", "functionPath: is set now"}},
		"equal directory": {func(s *deploy.Spec) {
			s.Source = functions.FolderFS(fstest.MapFS{"handler.py": {Data: []byte(codeV1)}})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := full()
			test.change(&spec)
			changes := p.plan(spec)
			var got []string
			for _, r := range changes.Reasons {
				got = append(got, r.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
			if want := map[bool]deploy.Action{true: deploy.Nothing, false: deploy.Replace}[len(test.want) == 0]; changes.Action != want {
				t.Errorf("action %s, want %s", changes.Action, want)
			}
		})
	}
}

// Defaults of the service and raised values are not differences.
func TestPlanIgnoresDefaults(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{Cloud: emulator.Azure}) // raises low values
	spec := deploy.Spec{
		Function: functions.FunctionWrite{Name: "greet", ExternalID: new("greet"), CPU: new(1.0), Memory: new(0.5), Owner: new("")},
		Source:   functions.HandlerText(codeV1),
	}
	fn := p.deploy(spec)
	if fn.Runtime == nil || fn.FunctionPath == nil {
		t.Fatal("the emulator sets no defaults")
	}
	changes := faults.Must[*deploy.Changes](t)(deploy.Plan(t.Context(), p.Client, spec))
	if *changes.Deployed.Memory != 2 || changes.Action != deploy.Nothing || changes.String() != "greet: nothing" {
		t.Errorf("with %v GB, the plan is %v, want nothing", *changes.Deployed.Memory, changes)
	}
}

func TestPlanForFunctionOfAnotherTool(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	ctx := t.Context()
	if changes := p.plan(greetSpec("1", codeV1)); changes.Action != deploy.Create || changes.Deployed != nil {
		t.Errorf("the first plan is %v, want create", changes)
	}
	// Deployed with another tool, with a copy of a record for another file.
	first := p.deploy(greetSpec("1", codeV1))
	write := first.AsWrite()
	write.FileID, write.Secrets = 0, nil
	faults.NoError(t, p.Direct.Delete(ctx, []functions.Identifier{first.Identifier()}))
	other := faults.Must[*functions.Function](t)(p.Direct.Create(ctx, write, functions.HandlerText(codeV1)))
	p.createSchedule(other, "nightly", "{}")
	changes := p.plan(greetSpec("1", codeV1))
	want := "greet: replace\n  code: the function was not deployed by this package, so its code and settings are unknown\n  schedules to create again: 1"
	if diff := cmp.Diff(want, changes.String()); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	fn := p.deploy(greetSpec("2", codeV2))
	if !p.HasFile(functions.ID(other.FileID)) || deploy.Versions(fn)[1] != (deploy.Version{FileID: other.FileID}) {
		t.Errorf("the versions are %v; the other file exists: %t, want true", deploy.Versions(fn), p.HasFile(functions.ID(other.FileID)))
	}
	// Files of other tools are dropped from the record, but not deleted.
	spec := greetSpec("3", codeV1)
	spec.KeepFiles = 1
	fn = p.deploy(spec)
	if !p.HasFile(functions.ID(other.FileID)) || len(deploy.Versions(fn)) != 1 {
		t.Errorf("the versions are %v; the other file exists: %t, want true", deploy.Versions(fn), p.HasFile(functions.ID(other.FileID)))
	}
}

// Failed and retired functions are replaced.
func TestPlanByStatus(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	p.deploy(greetSpec("new", codeV1))
	for status, want := range map[string]string{
		"Failed":  "greet: replace\n  status: the build of the deployed function has failed",
		"Retired": "greet: replace\n  status: the deployed function is retired and cannot be called",
		"Queued":  "greet: nothing", "Deploying": "greet: nothing", "Ready": "greet: nothing",
	} {
		p.Faults.Edit = func(_ string, body []byte) []byte {
			return []byte(strings.Replace(string(body), `"status":"Ready"`, `"status":"`+status+`"`, 1))
		}
		changes := faults.Must[*deploy.Changes](t)(deploy.Plan(t.Context(), p.Client, greetSpec("new", codeV1)))
		if got := changes.String(); got != want {
			t.Errorf("%s: the plan is %q, want %q", status, got, want)
		}
	}
}

func TestPlanRejects(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	pairs := func(n, size int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[strconv.Itoa(i)] = strings.Repeat("x", size)
		}
		return m
	}
	for want, change := range map[string]func(*deploy.Spec){
		"ExternalID is missing":  func(s *deploy.Spec) { s.Function.ExternalID = nil },
		"FileID is set":          func(s *deploy.Spec) { s.Function.FileID = 3 },
		"KeepFiles is 11":        func(s *deploy.Spec) { s.KeepFiles = 11 },
		"KeepFiles is -1":        func(s *deploy.Spec) { s.KeepFiles = -1 },
		"SecretsKey has 0 bytes": func(s *deploy.Spec) { s.SecretsKey = "" },
		"SecretsKey has 5 bytes": func(s *deploy.Spec) {
			s.Function.Secrets, s.Function.IndexURL, s.SecretsKey = nil, new("https://u:p@x.test"), "short"
		},
		"SecretsKey has 1 bytes": func(s *deploy.Spec) {
			s.Function.Secrets, s.Function.IndexURL, s.SecretsKey = nil, new("https://x.test/token/simple"), "1"
		},
		"SecretsKey has 2 bytes": func(s *deploy.Spec) {
			s.Function.Secrets, s.Function.ExtraIndexURLs, s.SecretsKey = nil, []string{"https://x.test/simple?token=1"}, "12"
		},
		`Metadata has the key "cogfn-x"`: func(s *deploy.Spec) { s.Function.Metadata = map[string]string{"cogfn-x": ""} },
		"Metadata has 15 pairs":          func(s *deploy.Spec) { s.Function.Metadata = pairs(15, 1) },
		"bytes too long":                 func(s *deploy.Spec) { s.Function.Metadata = pairs(9, functions.MetadataMaxBytes/9) },
		"Secrets":                        func(s *deploy.Spec) { s.Function.Secrets = map[string]string{"a": "***"} },
		"7":                              func(s *deploy.Spec) { s.Source = functions.FileID(7) },
		"handler.py:1:":                  func(s *deploy.Spec) { s.Source = functions.HandlerText("def handle(x): pass\n") },
	} {
		spec := greetSpec("1", codeV1)
		change(&spec)
		_, err := deploy.Plan(t.Context(), p.Client, spec)
		if !errors.Is(err, functions.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %v, want ErrInvalid with %q", err, want)
		}
	}
	spec := greetSpec("1", "def handle(x): pass\n")
	spec.SkipValidation = true
	if changes := p.plan(spec); changes.Action != deploy.Create {
		t.Errorf("with SkipValidation, the plan is %v, want create", changes)
	}
	if len(p.Faults.Requests) > 0 {
		t.Errorf("requests were sent: %v", p.Faults.Requests)
	}
}

// External ids of maximum length are shortened before a suffix is added.
func TestLongestExternalID(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	for _, id := range []string{strings.Repeat("é", 254) + "1", strings.Repeat("é", 254) + "2"} {
		for _, code := range []string{codeV1, codeV2} {
			spec := greetSpec("1", code)
			spec.Function.ExternalID = &id
			p.deploy(spec)
		}
	}
	if n := len(p.Functions()); n != 2 {
		t.Errorf("%d functions exist, want 2", n)
	}
}

// Changes of the Spec after Plan do not change the plan.
func TestPlanIsACopy(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	spec := greetSpec("1", codeV1)
	changes := p.plan(spec)
	spec.Function.EnvVars["VERSION"] = "2"
	spec.Function.Secrets["more"] = "x"
	fn := faults.Must[*functions.Function](t)(deploy.Deploy(t.Context(), p.Client, changes))
	if fn.EnvVars["VERSION"] != "1" || len(fn.Secrets) != 1 {
		t.Errorf("deployed the environment %v and the secrets %v, want those of the plan", fn.EnvVars, fn.Secrets)
	}
	if len(spec.Function.Metadata) != 1 {
		t.Errorf("the metadata of the Spec was changed to %v", spec.Function.Metadata)
	}
}

// For random settings, a second plan finds no changes, the service accepts the record, and a changed secret is found.
func TestPlanIsStable(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching(`[a-zäß☃"\\:, ]{0,40}`)
		pairs := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,15}`), text, 0, 14)
		n++
		id := strings.Repeat("é", rapid.IntRange(0, 240).Draw(r, "length")) + strconv.Itoa(n)
		spec := deploy.Spec{
			Function: functions.FunctionWrite{
				Name: "greet", ExternalID: &id, Description: new(text.Draw(r, "description")), Owner: new(text.Draw(r, "owner")),
				Metadata: pairs.Draw(r, "metadata"), EnvVars: rapid.MapOf(rapid.StringMatching(`[a-z]+`), text).Draw(r, "env"),
				Secrets: rapid.MapOfN(rapid.StringMatching(`[a-z]{1,10}`), text, 1, 10).Draw(r, "secrets"),
			},
			Source: functions.HandlerText("# " + text.Draw(r, "code") + "\n" + codeV1), SecretsKey: testKey,
		}
		p.deploy(spec)
		if changes := p.plan(spec); changes.Action != deploy.Nothing {
			r.Fatalf("the second plan is %v, want nothing", changes)
		}
		for key := range spec.Function.Secrets {
			spec.Function.Secrets[key] += "x"
			break
		}
		if changes := p.plan(spec); len(changes.Reasons) != 1 || changes.Reasons[0].Field != "secrets" {
			r.Fatalf("with another secret, the plan is %v, want one reason", changes)
		}
		faults.NoError(t, p.Direct.Delete(t.Context(), []functions.Identifier{functions.ExternalID(id)}))
	})
}
