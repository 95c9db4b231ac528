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
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestPlanReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	full := func() deploy.Spec {
		spec := greet("1", codeV1)
		spec.Function.CPU, spec.Function.Memory = new(1.5), new(2.0)
		spec.Function.Runtime = new(functions.Runtime("py311"))
		spec.Function.Description, spec.Function.Owner = new("says hello"), new("me")
		spec.Function.IndexURL = new("https://index.test")
		return spec
	}
	w.deployed(full())
	for what, test := range map[string]struct {
		change func(*deploy.Spec)
		want   []string
	}{
		"same":         {func(*deploy.Spec) {}, nil},
		"empty texts":  {func(s *deploy.Spec) { s.Function.ExtraIndexURLs = []string{} }, nil},
		"default path": {func(s *deploy.Spec) { s.Function.FunctionPath = new("handler.py") }, nil},
		"code":         {func(s *deploy.Spec) { s.Source = functions.HandlerText(codeV2) }, []string{"code: has the hash 5ed70e0e963b, was 729b4e04329d"}},
		"number":       {func(s *deploy.Spec) { s.Function.Memory = new(3.0) }, []string{"memory: was 2, is 3"}},
		"text":         {func(s *deploy.Spec) { s.Function.Description = new("bye") }, []string{`description: was "says hello", is "bye"`}},
		"runtime":      {func(s *deploy.Spec) { s.Function.Runtime = new(functions.Runtime("py312")) }, []string{`runtime: was "py311", is "py312"`}},
		"name":         {func(s *deploy.Spec) { s.Function.Name = "greeter" }, []string{`name: was "greet", is "greeter"`}},
		"unset":        {func(s *deploy.Spec) { s.Function.Owner = new("") }, []string{"owner: is not set any more"}},
		"env":          {func(s *deploy.Spec) { s.Function.EnvVars = map[string]string{"VERSION": "2", "A": "b"} }, []string{"envVars: A is new, VERSION has another value"}},
		"metadata":     {func(s *deploy.Spec) { s.Function.Metadata = map[string]string{"a": "b"} }, []string{"metadata: a is new, team is gone"}},
		"secret's key": {func(s *deploy.Spec) { s.Function.Secrets = map[string]string{"pin": "1"} }, []string{"secrets: password is gone, pin is new"}},
		"secret":       {func(s *deploy.Spec) { s.Function.Secrets = map[string]string{"password": "x"} }, []string{"secrets: a value or the key of the digest differs"}},
		"no secret":    {func(s *deploy.Spec) { s.Function.Secrets = nil }, []string{"secrets: is not set any more"}},
		"index":        {func(s *deploy.Spec) { s.Function.IndexURL = new("https://other.test") }, []string{"indexUrl: differs"}},
		"more indexes": {func(s *deploy.Spec) { s.Function.ExtraIndexURLs = []string{"https://x.test"} }, []string{"extraIndexUrls: is set now"}},
		"data set":     {func(s *deploy.Spec) { s.DataSetID = 3 }, nil},
		"several":      {func(s *deploy.Spec) { s.Function.CPU, s.Function.Owner = new(2.0), new("you") }, []string{"cpu: was 1.5, is 2", `owner: was "me", is "you"`}},
		"other key":    {func(s *deploy.Spec) { s.SecretsKey += "x" }, []string{"indexUrl: differs", "secrets: a value or the key of the digest differs"}},
		"keep":         {func(s *deploy.Spec) { s.KeepFiles = 1 }, nil},
		"functionPath": {func(s *deploy.Spec) { s.Function.FunctionPath = new("a.py") }, []string{"code: has the hash 2349f7a839e5, was 729b4e04329d", "functionPath: is set now"}},
		"folder, equal": {func(s *deploy.Spec) {
			s.Source = functions.FolderFS(fstest.MapFS{"handler.py": {Data: []byte(codeV1)}})
		}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			spec := full()
			test.change(&spec)
			changes := w.plan(spec)
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

// What the service fills in or raises was not set by anybody, so that it never differs.
func TestPlanIgnoresDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	spec := deploy.Spec{
		Function: functions.FunctionWrite{Name: "greet", ExternalID: new("greet"), CPU: new(1.0), Owner: new("")},
		Source:   functions.HandlerText(codeV1),
	}
	fn := w.deployed(spec)
	if fn.Memory == nil || fn.Runtime == nil || fn.FunctionPath == nil {
		t.Fatal("the emulator fills nothing in")
	}
	w.gate.edit = func(name string, body []byte) []byte { // Azure raises what is too low
		if name == "read function" {
			return []byte(strings.Replace(string(body), `"cpu":1,`, `"cpu":2.5,`, 1))
		}
		return body
	}
	changes := mustGet[*deploy.Changes](t)(deploy.Plan(t.Context(), w.client, spec))
	if *changes.Deployed.CPU != 2.5 || changes.Action != deploy.Nothing || changes.String() != "greet: nothing" {
		t.Errorf("cpu %v: %v", *changes.Deployed.CPU, changes)
	}
}

func TestPlanOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	ctx := t.Context()
	if changes := w.plan(greet("1", codeV1)); changes.Action != deploy.Create || changes.Deployed != nil {
		t.Errorf("the plan is %v", changes)
	}
	// By other means, even with our notes about another file.
	first := w.deployed(greet("1", codeV1))
	write := first.AsWrite()
	write.FileID, write.Secrets = 0, nil
	must(t, w.quiet.Delete(ctx, []functions.Identifier{first.Identifier()}))
	theirs := mustGet[*functions.Function](t)(w.quiet.Create(ctx, write, functions.HandlerText(codeV1)))
	w.scheduled(theirs, "nightly", "{}")
	changes := w.plan(greet("1", codeV1))
	want := "greet: replace\n  code: what is deployed was not deployed by this package, so its code and settings are unknown\n  schedules that are created anew: 1"
	if diff := cmp.Diff(want, changes.String()); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	fn := w.deployed(greet("2", codeV2))
	if !w.hasFile(functions.ID(theirs.FileID)) || deploy.Versions(fn)[1] != (deploy.Version{FileID: theirs.FileID}) {
		t.Errorf("versions %v", deploy.Versions(fn))
	}
	// Files that others uploaded are forgotten some day, but not deleted.
	spec := greet("3", codeV1)
	spec.KeepFiles = 1
	fn = w.deployed(spec)
	if !w.hasFile(functions.ID(theirs.FileID)) || len(deploy.Versions(fn)) != 1 {
		t.Errorf("versions %v", deploy.Versions(fn))
	}
}

// A function that cannot become Ready is replaced.
func TestPlanByStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.deployed(greet("new", codeV1))
	for status, want := range map[string]string{
		"Failed":  "greet: replace\n  status: the build of what is deployed has failed",
		"Retired": "greet: replace\n  status: what is deployed is retired and cannot be called",
		"Queued":  "greet: nothing", "Deploying": "greet: nothing", "Ready": "greet: nothing",
	} {
		w.gate.edit = func(_ string, body []byte) []byte {
			return []byte(strings.Replace(string(body), `"status":"Ready"`, `"status":"`+status+`"`, 1))
		}
		changes := mustGet[*deploy.Changes](t)(deploy.Plan(t.Context(), w.client, greet("new", codeV1)))
		if got := changes.String(); got != want {
			t.Errorf("%s: the plan is %q, want %q", status, got, want)
		}
	}
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
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
		`Metadata has the key "cogfn-x"`:      func(s *deploy.Spec) { s.Function.Metadata = map[string]string{"cogfn-x": ""} },
		"Metadata has 15 pairs":               func(s *deploy.Spec) { s.Function.Metadata = pairs(15, 1) },
		"bytes too long":                      func(s *deploy.Spec) { s.Function.Metadata = pairs(9, functions.MetadataMaxBytes/9) },
		"Secrets still holds three stars":     func(s *deploy.Spec) { s.Function.Secrets = map[string]string{"a": "***"} },
		"the code is in file 7 already":       func(s *deploy.Spec) { s.Source = functions.FileID(7) },
		"handler.py:1: handle has an argumen": func(s *deploy.Spec) { s.Source = functions.HandlerText("def handle(x): pass\n") },
	} {
		spec := greet("1", codeV1)
		change(&spec)
		_, err := deploy.Plan(t.Context(), w.client, spec)
		if !errors.Is(err, functions.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	spec := greet("1", "def handle(x): pass\n")
	spec.SkipValidation = true
	if changes := w.plan(spec); changes.Action != deploy.Create {
		t.Errorf("the plan is %v", changes)
	}
	if len(w.gate.names) > 0 {
		t.Errorf("requests were sent: %v", w.gate.names)
	}
}

// External ids of the greatest length leave no room for what is added to them.
func TestLongestExternalID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for _, id := range []string{strings.Repeat("é", 254) + "1", strings.Repeat("é", 254) + "2"} {
		for _, code := range []string{codeV1, codeV2} {
			spec := greet("1", code)
			spec.Function.ExternalID = &id
			w.deployed(spec)
		}
	}
	if n := len(w.functions()); n != 2 {
		t.Errorf("%d functions", n)
	}
}

// Changing the Spec after Plan changes nothing about the plan.
func TestPlanIsACopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	spec := greet("1", codeV1)
	changes := w.plan(spec)
	spec.Function.EnvVars["VERSION"] = "2"
	spec.Function.Secrets["more"] = "x"
	fn := mustGet[*functions.Function](t)(deploy.Deploy(t.Context(), w.client, changes))
	if fn.EnvVars["VERSION"] != "1" || len(fn.Secrets) != 1 {
		t.Errorf("deployed %v %v", fn.EnvVars, fn.Secrets)
	}
	if len(spec.Function.Metadata) != 1 {
		t.Errorf("the caller's metadata became %v", spec.Function.Metadata)
	}
}

// Whatever is set: a second plan finds nothing to do, the service takes the notes, and unequal secrets are told apart.
func TestPlanIsStable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
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
			Source: functions.HandlerText("# " + text.Draw(r, "code") + "\n" + codeV1), SecretsKey: plantedKey,
		}
		w.deployed(spec)
		if changes := w.plan(spec); changes.Action != deploy.Nothing {
			r.Fatalf("the second plan is %v", changes)
		}
		for key := range spec.Function.Secrets {
			spec.Function.Secrets[key] += "x"
			break
		}
		if changes := w.plan(spec); len(changes.Reasons) != 1 || changes.Reasons[0].Field != "secrets" {
			r.Fatalf("with another secret, the plan is %v", changes)
		}
		must(t, w.quiet.Delete(t.Context(), []functions.Identifier{functions.ExternalID(id)}))
	})
}
