package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

// The restored function lacks a secret that the new Spec does not have, and the error lists it.
func TestRestoreWithoutSecret(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	p.deploy(greetSpec("old", codeV1))
	next := greetSpec("new", codeV2)
	next.Function.Secrets = map[string]string{"other": "x"}
	p.Faults.Edit = failNewBuild
	_, err := deploy.Deploy(t.Context(), p.Client, p.plan(next))
	e := wantError(t, err, deploy.StepBuild, deploy.ServingRestored)
	if !slices.Equal(e.LostSecrets, []string{"password"}) || !strings.Contains(err.Error(), "password") {
		t.Errorf("got the lost secrets %v in %v, want password", e.LostSecrets, err)
	}
}

// The next plan reports hidden settings that the restored function lacks or has from the new Spec, and no others.
func TestPlanAfterRestore(t *testing.T) {
	t.Parallel()
	both := []string{"password", "pin"}
	for name, test := range map[string]struct {
		change  func(*functions.FunctionWrite)
		secrets []string // keys of the restored function
		want    []string // reasons of the next plan
	}{
		"no change":       {func(*functions.FunctionWrite) {}, both, nil},
		"secrets removed": {func(f *functions.FunctionWrite) { f.Secrets = nil }, nil, []string{"secrets: is set now"}},
		"secrets renamed": {func(f *functions.FunctionWrite) { f.Secrets = map[string]string{"other": "x"} }, nil, []string{"secrets: is set now"}},
		"secret removed":  {func(f *functions.FunctionWrite) { delete(f.Secrets, "pin") }, []string{"password"}, []string{"secrets: pin is added"}},
		"secret changed": {
			func(f *functions.FunctionWrite) { f.Secrets["pin"] = "2" }, both, []string{"secrets: a value or SecretsKey differs"},
		},
		"secret added":      {func(f *functions.FunctionWrite) { f.Secrets["other"] = "x" }, both, nil},
		"index URL changed": {func(f *functions.FunctionWrite) { f.IndexURL = new("https://b.test") }, both, []string{"indexUrl: differs"}},
		"index URL removed": {func(f *functions.FunctionWrite) { f.IndexURL = nil }, both, []string{"indexUrl: is set now"}},
		"extra index URL added": {
			func(f *functions.FunctionWrite) { f.ExtraIndexURLs = []string{"https://c.test"} },
			both,
			[]string{"extraIndexUrls: is no longer set"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProject(t, emulator.Options{})
			spec := func(version, code string) deploy.Spec {
				s := greetSpec(version, code)
				s.Function.Secrets["pin"], s.Function.IndexURL = "1", new("https://a.test")
				return s
			}
			p.deploy(spec("old", codeV1))
			next := spec("new", codeV2)
			test.change(&next.Function)
			p.Faults.Edit = failNewBuild
			_, err := deploy.Deploy(t.Context(), p.Client, p.plan(next))
			_ = wantError(t, err, deploy.StepBuild, deploy.ServingRestored)
			fn := faults.Must[*functions.Function](t)(p.Direct.Retrieve(t.Context(), functions.ExternalID("greet")))
			if keys := slices.Sorted(maps.Keys(fn.Secrets)); !slices.Equal(keys, test.secrets) {
				t.Errorf("the restored function has the secrets %v, want %v", keys, test.secrets)
			}
			p.wantReasons(spec("old", codeV1), test.want)
		})
	}
}

// wantReasons plans a Spec and checks the reasons.
func (p *project) wantReasons(spec deploy.Spec, want []string) {
	p.T.Helper()
	var got []string
	for _, r := range p.plan(spec).Reasons {
		got = append(got, r.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		p.T.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// Without a key there are no digests of hidden settings, since readers could guess passwords from unkeyed ones.
func TestRollbackWithoutKey(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		p := startProject(t, emulator.Options{})
		p.deploy(greetSpec("new", codeV1))
		last := p.deploy(greetSpec("new", codeV2))
		code := codeV1
		if fails {
			code, p.Faults.Edit = codeV2, failNewBuild
		}
		_, err := deploy.Rollback(t.Context(), p.Client, "greet", deploy.Target{
			Secrets: map[string]functions.Secret{"password": testSecret},
		})
		if fails == (err == nil) {
			t.Fatalf("got the error %v, want an error: %t", err, fails)
		}
		fn := faults.Must[*functions.Function](t)(p.Direct.Retrieve(t.Context(), functions.ExternalID("greet")))
		if record := fn.Metadata["cogfn-settings"]; fn.ID == last.ID || !strings.Contains(record, "secrets:unknown") {
			t.Errorf("function %d after %d has the record %s, want an unknown digest of secrets", fn.ID, last.ID, record)
		}
		p.wantReasons(greetSpec("new", code), []string{"secrets: a value or SecretsKey differs"})
		withoutSecrets := greetSpec("new", code)
		withoutSecrets.Function.Secrets = nil
		p.wantReasons(withoutSecrets, []string{"secrets: is no longer set"})
	}
}
