package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

// What a restored function lacks or has from the new Spec shows in the next plan, and what it has again does not.
func TestPlanAfterRestoration(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		change  func(*functions.FunctionWrite)
		secrets []string // keys that the restored function has
		want    []string
	}{
		"nothing hidden":  {func(*functions.FunctionWrite) {}, []string{"password", "pin"}, nil},
		"secrets removed": {func(f *functions.FunctionWrite) { f.Secrets = nil }, nil, []string{"secrets: is set now"}},
		"secrets renamed": {func(f *functions.FunctionWrite) { f.Secrets = map[string]string{"other": "x"} }, nil, []string{"secrets: is set now"}},
		"secret removed":  {func(f *functions.FunctionWrite) { delete(f.Secrets, "pin") }, []string{"password"}, []string{"secrets: pin is new"}},
		"secret changed": {
			func(f *functions.FunctionWrite) { f.Secrets["pin"] = "2" },
			[]string{"password", "pin"},
			[]string{"secrets: a value or the key of the digest differs"},
		},
		"secret added":      {func(f *functions.FunctionWrite) { f.Secrets["other"] = "x" }, []string{"password", "pin"}, nil},
		"index URL changed": {func(f *functions.FunctionWrite) { f.IndexURL = new("https://b.test") }, []string{"password", "pin"}, []string{"indexUrl: differs"}},
		"index URL removed": {func(f *functions.FunctionWrite) { f.IndexURL = nil }, []string{"password", "pin"}, []string{"indexUrl: is set now"}},
		"extra URLs added": {
			func(f *functions.FunctionWrite) { f.ExtraIndexURLs = []string{"https://c.test"} },
			[]string{"password", "pin"},
			[]string{"extraIndexUrls: is not set any more"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Options{})
			spec := func(version, code string) deploy.Spec {
				s := greet(version, code)
				s.Function.Secrets["pin"], s.Function.IndexURL = "1", new("https://a.test")
				return s
			}
			w.deployed(spec("old", codeV1))
			next := spec("new", codeV2)
			test.change(&next.Function)
			w.gate.edit = failedBuild
			_, err := deploy.Deploy(t.Context(), w.client, w.plan(next))
			_ = wantError(t, err, deploy.StepBuild, deploy.ServingRestored)
			fn := mustGet[*functions.Function](t)(w.quiet.Retrieve(t.Context(), functions.ExternalID("greet")))
			if keys := slices.Sorted(maps.Keys(fn.Secrets)); !slices.Equal(keys, test.secrets) {
				t.Errorf("the restored function has the secrets %v", keys)
			}
			w.wantReasons(spec("old", codeV1), test.want)
		})
	}
}

// wantReasons plans and compares the reasons.
func (w *world) wantReasons(spec deploy.Spec, want []string) {
	w.t.Helper()
	var got []string
	for _, r := range w.plan(spec).Reasons {
		got = append(got, r.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// Without a key nothing is digested: a digest without one would let everybody try out passwords.
func TestRollbackWithoutKey(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		w := newWorld(t, emulator.Options{})
		w.deployed(greet("new", codeV1))
		last := w.deployed(greet("new", codeV2))
		code := codeV1
		if fails {
			code, w.gate.edit = codeV2, failedBuild
		}
		_, err := deploy.Rollback(t.Context(), w.client, "greet", deploy.Target{
			Secrets: map[string]functions.Secret{"password": plantedSecret},
		})
		if fails == (err == nil) {
			t.Fatal(err)
		}
		fn := mustGet[*functions.Function](t)(w.quiet.Retrieve(t.Context(), functions.ExternalID("greet")))
		if notes := fn.Metadata["cogfn-settings"]; fn.ID == last.ID || !strings.Contains(notes, "secrets:unknown") {
			t.Errorf("the notes are %s", notes)
		}
		w.wantReasons(greet("new", code), []string{"secrets: a value or the key of the digest differs"})
		bare := greet("new", code)
		bare.Function.Secrets = nil
		w.wantReasons(bare, []string{"secrets: is not set any more"})
	}
}
