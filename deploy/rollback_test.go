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
	functions "github.com/cogfn/cogfn/wrapper"
)

func TestKeepFilesAndRollback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	ctx := t.Context()
	var files []int64
	for i := range 5 {
		spec := greet("same", fmt.Sprintf("def handle(data):\n    return %d\n", i))
		spec.KeepFiles = 3
		files = append(files, w.deployed(spec).FileID)
	}
	for i, id := range files {
		if w.hasFile(functions.ID(id)) != (i >= 2) {
			t.Errorf("file %d of 5: kept %v", i+1, i < 2)
		}
	}
	versions := func(fn *functions.Function) (ids []int64) {
		for _, v := range deploy.Versions(fn) {
			ids = append(ids, v.FileID)
		}
		return ids
	}
	secrets := map[string]functions.Secret{"password": plantedSecret}
	target := deploy.Target{Secrets: secrets, SecretsKey: plantedKey}
	fn := mustGet[*functions.Function](t)(deploy.Rollback(ctx, w.client, "greet", target))
	if diff := cmp.Diff([]int64{files[3], files[4], files[2]}, versions(fn)); diff != "" || fn.FileID != files[3] {
		t.Errorf("after going back (-want +got):\n%s", diff)
	}
	// Only the code differs from the newest Spec, and nothing from the one that was gone back to.
	spec := greet("same", "def handle(data):\n    return 4\n")
	if changes := w.plan(spec); len(changes.Reasons) != 1 || changes.Reasons[0].Field != "code" {
		t.Errorf("the plan is %v", changes)
	}
	spec.Source = functions.HandlerText("def handle(data):\n    return 3\n")
	if changes := w.plan(spec); changes.Action != deploy.Nothing {
		t.Errorf("the plan is %v", changes)
	}
	target.FileID = files[2]
	fn = mustGet[*functions.Function](t)(deploy.Rollback(ctx, w.client, "greet", target))
	if diff := cmp.Diff([]int64{files[2], files[3], files[4]}, versions(fn)); diff != "" {
		t.Errorf("after going back further (-want +got):\n%s", diff)
	}
	// Deploying code whose file is there already uploads nothing.
	w.gate.names = nil
	mustGet[*functions.Function](t)(deploy.Deploy(ctx, w.client, w.plan(greet("other", "def handle(data):\n    return 4\n"))))
	if slices.Contains(w.gate.names, "register file") || !slices.Contains(w.gate.names, "create function") {
		t.Errorf("requests %v", w.gate.names)
	}
}

func TestRollbackRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	ctx := t.Context()
	spec := greet("old", codeV1)
	spec.Function.IndexURL = new("https://user:word@index.test")
	spec.Function.ExtraIndexURLs = []string{"https://extra.test"}
	w.deployed(greet("older", codeV0))
	old := w.deployed(spec)
	url := functions.Secret(*spec.Function.IndexURL)
	full := deploy.Target{
		Secrets: map[string]functions.Secret{"password": plantedSecret}, SecretsKey: plantedKey,
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
		if _, err := deploy.Rollback(ctx, w.client, "greet", target); !errors.Is(err, functions.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := deploy.Rollback(ctx, w.client, "nobody", full); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	back := mustGet[*functions.Function](t)(deploy.Rollback(ctx, w.client, "greet", full))
	if changes := w.plan(spec); back.ID == old.ID || len(changes.Reasons) != 1 {
		t.Errorf("the plan is %v", changes)
	}
	full.FileID = old.FileID
	must(t, w.quiet.Files.Delete(ctx, functions.ID(old.FileID)))
	if _, err := deploy.Rollback(ctx, w.client, "greet", full); !errors.Is(err, functions.ErrNotFound) {
		t.Errorf("going back to a file that is gone: %v", err)
	}
	if fresh := newWorld(t, emulator.Options{}); fresh.deployed(greet("only", codeV1)) != nil {
		if _, err := deploy.Rollback(ctx, fresh.client, "greet", full); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("got %v", err)
		}
		full.FileID = 0
		if _, err := deploy.Rollback(ctx, fresh.client, "greet", full); !errors.Is(err, functions.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	}
}
