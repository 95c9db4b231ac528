package batch_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

// TestErrorTexts has the complete messages of this package. Other tests check types, fields and key words.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	content, _ := writeCheckpoint(t, 2, nil)
	lines := bytes.SplitAfter(content, []byte("\n"))
	damaged := bytes.Join([][]byte{lines[0], []byte("{}\n"), lines[2]}, nil)
	// mapError returns the error of a Map with n inputs.
	mapError := func(n int, opts ...batch.Option) error {
		_, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(n), opts...))
		return err
	}
	// fileError returns the error of a Map with a checkpoint, with "FILE" instead of its path.
	fileError := func(content []byte, project string, fn functions.Identifier, inputs ...input) error {
		path := writeFile(t, content)
		_, err := collect(t, batch.Map[input, output](t.Context(), clientOf(t, project, newService(nil)), fn, slices.Values(inputs),
			batch.WithCheckpoint(path)))
		return errors.New(strings.Replace(err.Error(), path, "FILE", 1))
	}
	limiterError := func(limits batch.Limits) error {
		_, err := batch.NewLimiter(limits)
		return err
	}
	ended, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	_, _, waitErr := limiter(t, batch.Limits{}).Start(ended, client(t, newService(nil)), functions.ID(42), nil)
	other := "; use another file, or delete this one to start again"
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"concurrency", mapError(1, batch.WithConcurrency(0)), "functions: concurrency is 0; it must be at least 1"},
		{"retries", mapError(1, batch.WithRetries(-1)), "functions: retries is -1; it must be at least 0"},
		{"retry pause", mapError(1, batch.WithRetryPause(nil)), "functions: retry pause is nil; omit the option for the default"},
		{
			"no directory", mapError(1, batch.WithCheckpoint("no/such/directory")),
			"batch: checkpoint no/such/directory cannot be opened: no such file or directory",
		},
		{
			"other project", fileError(content, "other", double, input{N: 0}, input{N: 1}),
			"batch: checkpoint FILE was written for project demo, not other" + other,
		},
		{
			"other function", fileError(content, "demo", functions.ID(43), input{N: 0}, input{N: 1}),
			"batch: checkpoint FILE was written for the function with external id double, not id 43" + other,
		},
		{
			"other input", fileError(content, "demo", double, input{N: 0}, input{N: 7}),
			"batch: checkpoint FILE was written for other inputs: the input with index 1 differs" + other,
		},
		{
			"fewer inputs", fileError(content, "demo", double, input{N: 0}),
			"batch: checkpoint FILE was written for more than 1 inputs" + other,
		},
		{"other file", fileError([]byte("{}\n"), "demo", double), "batch: checkpoint FILE is not a checkpoint of batch.Map" + other},
		{
			"damaged", fileError(damaged, "demo", double, input{N: 0}, input{N: 1}),
			"batch: checkpoint FILE is damaged in line 2; delete the line to run its input again",
		},
		{
			"in use", &batch.CheckpointError{Path: "FILE", Problem: inUse(t, content), Err: batch.ErrCheckpointInUse},
			"batch: checkpoint FILE is in use by another run; wait until it ends, or use another file",
		},
		{"calls", limiterError(batch.Limits{Calls: -1}), "functions: Limits.Calls is -1; it must be at least 1, or 0 for the default"},
		{
			"calls per function", limiterError(batch.Limits{CallsPerFunction: -2}),
			"functions: Limits.CallsPerFunction is -2; it must be at least 1, or 0 for the default",
		},
		{"requests", limiterError(batch.Limits{Requests: -3}), "functions: Limits.Requests is -3; it must be at least 1, or 0 for the default"},
		{"burst", limiterError(batch.Limits{Burst: -4}), "functions: Limits.Burst is -4; it must be at least 1, or 0 for the default"},
		{
			"rate", limiterError(batch.Limits{RequestsPerSecond: math.NaN()}),
			"functions: Limits.RequestsPerSecond is NaN; it must be at least 0.001, or 0 for no limit",
		},
		{
			"no slot", waitErr,
			"batch: stopped while waiting to call the function with id 42: context deadline exceeded",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.err == nil || test.err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", test.err, test.want)
			}
		})
	}
}

// inUse returns the problem of a file that another run uses.
func inUse(t *testing.T, content []byte) (problem string) {
	t.Helper()
	path := writeFile(t, content)
	results := batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(2), batch.WithCheckpoint(path))
	for _, err := range results {
		if err != nil {
			t.Fatal(err)
		}
		_, err = collect(t, results)
		failure, ok := errors.AsType[*batch.CheckpointError](err)
		if !ok || !errors.Is(err, batch.ErrCheckpointInUse) {
			t.Fatalf("got %v, want ErrCheckpointInUse", err)
		}
		return failure.Problem
	}
	return ""
}
