package deploy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/tests/faults"
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestRollbackAndKeepFiles(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	ctx := t.Context()
	var files []int64
	for i := range 5 {
		spec := greetSpec("same", fmt.Sprintf("def handle(data):\n    return %d\n", i))
		spec.KeepFiles = 3
		files = append(files, p.deploy(spec).FileID)
	}
	for i, id := range files {
		if p.HasFile(functions.ID(id)) != (i >= 2) {
			t.Errorf("file %d of 5 exists: %t, want %t", i+1, i < 2, i >= 2)
		}
	}
	versions := func(fn *functions.Function) (ids []int64) {
		for _, v := range deploy.Versions(fn) {
			ids = append(ids, v.FileID)
		}
		return ids
	}
	secrets := map[string]functions.Secret{"password": testSecret}
	target := deploy.Target{Secrets: secrets, SecretsKey: testKey}
	fn := faults.Must[*functions.Function](t)(deploy.Rollback(ctx, p.Client, "greet", target))
	if diff := cmp.Diff([]int64{files[3], files[4], files[2]}, versions(fn)); diff != "" || fn.FileID != files[3] {
		t.Errorf("code file %d; versions after a rollback (-want +got):\n%s", fn.FileID, diff)
	}
	// Only the code differs from the newest Spec, and nothing differs from the Spec before it.
	spec := greetSpec("same", "def handle(data):\n    return 4\n")
	if changes := p.plan(spec); len(changes.Reasons) != 1 || changes.Reasons[0].Field != "code" {
		t.Errorf("the plan for the newest Spec is %v, want the reason code", changes)
	}
	spec.Source = functions.HandlerText("def handle(data):\n    return 3\n")
	if changes := p.plan(spec); changes.Action != deploy.Nothing {
		t.Errorf("the plan for the Spec before it is %v, want nothing", changes)
	}
	target.FileID = files[2]
	fn = faults.Must[*functions.Function](t)(deploy.Rollback(ctx, p.Client, "greet", target))
	if diff := cmp.Diff([]int64{files[2], files[3], files[4]}, versions(fn)); diff != "" {
		t.Errorf("versions after a rollback to a file (-want +got):\n%s", diff)
	}
	// Code whose file exists is not uploaded again.
	p.Faults.Requests = nil
	faults.Must[*functions.Function](t)(deploy.Deploy(ctx, p.Client, p.plan(greetSpec("other", "def handle(data):\n    return 4\n"))))
	if slices.Contains(p.Faults.Requests, "register file") || !slices.Contains(p.Faults.Requests, "create function") {
		t.Errorf("got the requests %v, want a creation without an upload", p.Faults.Requests)
	}
}

func TestRollbackRejects(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	ctx := t.Context()
	spec := greetSpec("old", codeV1)
	spec.Function.IndexURL = new("https://user:password@index.test")
	spec.Function.ExtraIndexURLs = []string{"https://extra.test"}
	p.deploy(greetSpec("older", codeV0))
	old := p.deploy(spec)
	url := functions.Secret(*spec.Function.IndexURL)
	full := deploy.Target{
		Secrets: map[string]functions.Secret{"password": testSecret}, SecretsKey: testKey,
		IndexURL: &url, ExtraIndexURLs: []functions.Secret{"https://extra.test"},
	}
	for want, change := range map[string]func(*deploy.Target){
		"Secrets lacks password":    func(t *deploy.Target) { t.Secrets = nil },
		"IndexURL is missing":       func(t *deploy.Target) { t.IndexURL = nil },
		"ExtraIndexURLs is missing": func(t *deploy.Target) { t.ExtraIndexURLs = nil },
		"FileID is 17":              func(t *deploy.Target) { t.FileID = 17 },
	} {
		target := full
		change(&target)
		if _, err := deploy.Rollback(ctx, p.Client, "greet", target); !errors.Is(err, functions.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got the error %v, want ErrInvalid with %q", err, want)
		}
	}
	if _, err := deploy.Rollback(ctx, p.Client, "missing", full); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("missing function: got %v, want ErrNotFound", err)
	}
	rolledBack := faults.Must[*functions.Function](t)(deploy.Rollback(ctx, p.Client, "greet", full))
	if changes := p.plan(spec); rolledBack.ID == old.ID || len(changes.Reasons) != 1 {
		t.Errorf("the plan after the rollback is %v, want one reason", changes)
	}
	full.FileID = old.FileID
	faults.NoError(t, p.Direct.Files.Delete(ctx, []functions.Identifier{functions.ID(old.FileID)}))
	if _, err := deploy.Rollback(ctx, p.Client, "greet", full); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("deleted file: got %v, want ErrNotFound", err)
	}
	if fresh := startProject(t, emulator.Options{}); fresh.deploy(greetSpec("only", codeV1)) != nil {
		if _, err := deploy.Rollback(ctx, fresh.Client, "greet", full); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("file of another function: got %v, want ErrInvalid", err)
		}
		full.FileID = 0
		if _, err := deploy.Rollback(ctx, fresh.Client, "greet", full); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("no earlier code file: got %v, want ErrInvalid", err)
		}
	}
}
