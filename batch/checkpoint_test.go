package batch_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/batch"
	functions "github.com/cogfn/cogfn/wrapper"
)

// everyOutcome returns, depending on the input, each outcome that a call can have.
func everyOutcome(n, _ int) run {
	return []run{
		{},
		{status: functions.CallFailed},
		{status: functions.CallTimeout},
		{response: "none"},
		{response: "null"},
		{response: `{"double":0,"text":"a\nb <é>","big":12345678901234567890}`},
	}[n%6]
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// writeCheckpoint returns a checkpoint with the results of the inputs 0 to n-1, in this order.
func writeCheckpoint(t *testing.T, n int, behave func(n, attempt int) run) (content []byte, results []result) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "checkpoint.jsonl")
	synctest.Test(t, func(t *testing.T) {
		var err error
		results, err = collect(t, batch.Map[input, output](t.Context(), client(t, newService(behave)), double, inputs(n),
			batch.WithConcurrency(1), batch.WithCheckpoint(path)))
		if err != nil {
			t.Fatal(err)
		}
	})
	return read(t, path), results
}

// writeFile writes content to a new file.
func writeFile(t *testing.T, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "checkpoint.jsonl")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A second run returns the results of the first and sends no request.
func TestCheckpointReturnsEveryOutcome(t *testing.T) {
	t.Parallel()
	content, before := writeCheckpoint(t, 12, everyOutcome)
	path := writeFile(t, content)
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		c := client(t, s)
		all, err := collect(t, batch.Map[input, output](t.Context(), c, double, inputs(12), batch.WithCheckpoint(path)))
		if err != nil || len(all) != 12 {
			t.Fatalf("%d results, %v", len(all), err)
		}
		if s.requests != 0 {
			t.Errorf("%d requests were sent, want 0", s.requests)
		}
		for i, r := range all {
			want := before[i]
			if !r.Recorded || want.Recorded {
				t.Errorf("input %d: Recorded is %t, and was %t in the first run", i, r.Recorded, want.Recorded)
			}
			if diff := cmp.Diff(resultFields(t, want), resultFields(t, r)); diff != "" {
				t.Errorf("input %d (-first run +second run):\n%s", i, diff)
			}
		}
		if err := all[0].Call.Update(t.Context()); !errors.Is(err, functions.ErrNotFound) { // this service does not have the call
			t.Errorf("Update of a recorded call: got %v, want ErrNotFound", err)
		}
	})
	if got := read(t, path); !bytes.Equal(got, content) {
		t.Errorf("the file was changed to\n%s", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the mode is %v, want one without access for others; error: %v", info.Mode(), err)
	}
}

// resultFields returns what must be equal in a result of a call and in a recorded result.
func resultFields(t *testing.T, r result) map[string]any {
	t.Helper()
	call, err := json.Marshal(r.Call)
	if err != nil {
		t.Fatal(err)
	}
	failure, _ := errors.AsType[*functions.CallError](r.Err)
	v := map[string]any{"input": r.Input, "output": r.Output, "attempts": r.Attempts, "call": string(call), "error": ""}
	if failure != nil {
		v["error"] = failure.Error() + failure.Message + failure.Trace
	} else if r.Err != nil {
		v["error"] = "unexpected: " + r.Err.Error()
	}
	return v
}

// Wherever the file is truncated, complete lines are used, other inputs run again, and the file is complete in the end.
func TestTruncatedCheckpoint(t *testing.T) {
	t.Parallel()
	content, _ := writeCheckpoint(t, 3, everyOutcome)
	dir := t.TempDir()
	for cut := range len(content) + 1 {
		if near := content[max(cut-2, 0):min(cut+1, len(content))]; cut%13 != 0 && !bytes.Contains(near, []byte("\n")) {
			continue // testing every byte takes too long, so test all ends of lines and a sample of the others
		}
		path := filepath.Join(dir, "checkpoint.jsonl")
		if err := os.WriteFile(path, content[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		complete := max(bytes.Count(content[:cut], []byte("\n"))-1, 0)
		synctest.Test(t, func(t *testing.T) {
			s := newService(everyOutcome)
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(3), batch.WithCheckpoint(path), batch.WithConcurrency(1)))
			if err != nil || len(all) != 3 || s.started() != 3-complete {
				t.Fatalf("truncated at %d: %d results, %d calls, want 3 and %d; error: %v", cut, len(all), s.started(), 3-complete, err)
			}
		})
		if lines := entries(t, path); !slices.Equal(lines, []int{0, 1, 2}) {
			t.Fatalf("truncated at %d: the file has results of %v, want 0, 1, 2", cut, lines)
		}
	}
}

// An incomplete line is removed completely, also if the next line is shorter.
func TestCheckpointWithLongIncompleteLine(t *testing.T) {
	t.Parallel()
	content, _ := writeCheckpoint(t, 2, nil)
	path := writeFile(t, append(slices.Clone(content), `{"index":2,"inputSha256":"`+strings.Repeat("0", 5000)...))
	synctest.Test(t, func(t *testing.T) {
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(3), batch.WithCheckpoint(path)))
		if err != nil || len(all) != 3 {
			t.Errorf("got %d results, want 3; error: %v", len(all), err)
		}
	})
	if lines := entries(t, path); !slices.Equal(lines, []int{0, 1, 2}) {
		t.Errorf("the file has results of %v, want 0, 1, 2", lines)
	}
}

// entries returns the inputs of the lines of a file, all of which must be complete.
func entries(t *testing.T, path string) []int {
	t.Helper()
	if content := read(t, path); !bytes.HasSuffix(content, []byte("\n")) {
		t.Errorf("the last line of the checkpoint is incomplete: …%s", content[max(0, len(content)-100):])
	}
	return completeEntries(t, path)
}

// completeEntries returns the inputs of the complete lines of a file.
func completeEntries(t *testing.T, path string) (indices []int) {
	t.Helper()
	lines := bytes.SplitAfter(read(t, path), []byte("\n"))
	for i, text := range lines[:len(lines)-1] {
		var line struct {
			Index int
			Call  struct{ ID int64 }
		}
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("line %d of the checkpoint: %v", i+1, err)
		}
		if i == 0 {
			continue
		}
		if line.Call.ID == 0 {
			t.Errorf("line %d of the checkpoint has no call", i+1)
		}
		indices = append(indices, line.Index)
	}
	return indices
}

func TestCheckpointRejects(t *testing.T) {
	t.Parallel()
	content, _ := writeCheckpoint(t, 3, nil)
	lines := bytes.SplitAfter(content, []byte("\n"))
	join := func(lines ...[]byte) []byte { return bytes.Join(lines, nil) }
	changed := func(from, to string) []byte { return bytes.Replace(content, []byte(from), []byte(to), 1) }
	three := []input{{N: 0}, {N: 1}, {N: 2}}
	for name, tc := range map[string]struct {
		content []byte
		project string
		fn      functions.Identifier
		inputs  []input
		kind    error
		want    string
	}{
		"other project":     {content, "other", double, three, batch.ErrCheckpointDiffers, "demo"},
		"other function":    {content, "demo", functions.ID(43), three, batch.ErrCheckpointDiffers, "external id double"},
		"other version":     {changed(`"version":1`, `"version":2`), "demo", double, three, batch.ErrCheckpointDiffers, "version 2"},
		"other input":       {content, "demo", double, []input{{N: 0}, {N: 1}, {N: 7}}, batch.ErrCheckpointDiffers, "index 2"},
		"other order":       {content, "demo", double, []input{{N: 0}, {N: 2}, {N: 1}}, batch.ErrCheckpointDiffers, "index 1"},
		"other after a gap": {join(lines[0], lines[3]), "demo", double, []input{{N: 0}, {N: 1}, {N: 7}}, batch.ErrCheckpointDiffers, "index 2"},
		"fewer inputs":      {content, "demo", double, three[:2], batch.ErrCheckpointDiffers, "more than 2 inputs"},
		"no inputs":         {content, "demo", double, nil, batch.ErrCheckpointDiffers, "more than 0 inputs"},
		"text":              {[]byte("some text\n"), "demo", double, three, batch.ErrCheckpointDiffers, "not a checkpoint"},
		"text without line": {[]byte("some text"), "demo", double, three, batch.ErrCheckpointDiffers, "not a checkpoint"},
		"other JSON":        {[]byte(`{"a":1}` + "\n"), "demo", double, three, batch.ErrCheckpointDiffers, "not a checkpoint"},
		"no header":         {join(lines[1:]...), "demo", double, three, batch.ErrCheckpointDiffers, "not a checkpoint"},
		"damaged":           {join(lines[0], lines[1], lines[2][10:], lines[3]), "demo", double, three, batch.ErrCheckpointDamaged, "line 3"},
		"line without call": {join(content, []byte("{}\n")), "demo", double, three, batch.ErrCheckpointDamaged, "line 5"},
		"negative index":    {changed(`"index":1`, `"index":-1`), "demo", double, three, batch.ErrCheckpointDamaged, "line 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := writeFile(t, tc.content)
			synctest.Test(t, func(t *testing.T) {
				s := newService(nil)
				all, err := collect(t, batch.Map[input, output](t.Context(), clientOf(t, tc.project, s), tc.fn, slices.Values(tc.inputs), batch.WithCheckpoint(path)))
				failure, _ := errors.AsType[*batch.CheckpointError](err)
				if failure == nil || !errors.Is(err, tc.kind) || failure.Path != path || !strings.Contains(failure.Problem, tc.want) {
					t.Errorf("got %v, want a *CheckpointError of the kind %v with %q", err, tc.kind, tc.want)
				}
				if len(all) != 0 || s.started() != 0 {
					t.Errorf("got %d results and %d calls, want none", len(all), s.started())
				}
			})
			if got := read(t, path); !bytes.Equal(got, tc.content) {
				t.Errorf("the file was changed to\n%s", got)
			}
		})
	}
}

func TestCheckpointIsDirectory(t *testing.T) {
	t.Parallel()
	all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(1), batch.WithCheckpoint(t.TempDir())))
	if failure, ok := errors.AsType[*batch.CheckpointError](err); !ok || failure.Err == nil || len(all) != 0 {
		t.Errorf("a directory: got %v, %v, want a *CheckpointError", all, err)
	}
}

// A later run can have more inputs at the end. Inputs without a result run again.
func TestCheckpointWithMoreInputs(t *testing.T) {
	t.Parallel()
	content, _ := writeCheckpoint(t, 3, nil)
	lines := bytes.SplitAfter(content, []byte("\n"))
	path := writeFile(t, bytes.Join([][]byte{lines[0], lines[1], lines[3]}, nil))
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(5), batch.WithCheckpoint(path), batch.WithInputOrder(), batch.WithSync()))
		if err != nil || !slices.Equal(indices(all), []int{0, 1, 2, 3, 4}) {
			t.Fatalf("got results of %v, want 0 to 4; error: %v", indices(all), err)
		}
		for _, r := range all {
			if want := r.Index == 0 || r.Index == 2; r.Recorded != want || (s.attempts[r.Index] == 0) != want || r.Output.Double != 2*r.Index {
				t.Errorf("input %d was called %d times and has the result %+v", r.Index, s.attempts[r.Index], r)
			}
		}
	})
	if got := entries(t, path); !slices.Equal(slices.Sorted(slices.Values(got)), []int{0, 1, 2, 3, 4}) {
		t.Errorf("the file has results of %v, want 0 to 4", got)
	}
}

// Only calls that have ended are recorded. Inputs whose call was rejected run again in the next run.
func TestCheckpointRecordsEndedCallsOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "checkpoint.jsonl")
	for i, tc := range []struct{ rejected, calls int }{{403, 5}, {0, 2}, {0, 0}} {
		synctest.Test(t, func(t *testing.T) {
			s := newService(func(n, _ int) (r run) {
				if n > 2 {
					r.rejected = tc.rejected
				}
				return r
			})
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(5), batch.WithCheckpoint(path)))
			if err != nil || len(all) != 5 || s.started() != tc.calls {
				t.Errorf("run %d: %d results, %d calls, want 5 and %d; error: %v", i, len(all), s.started(), tc.calls, err)
			}
		})
	}
}

func TestCheckpointRetryFailed(t *testing.T) {
	t.Parallel()
	content, _ := writeCheckpoint(t, 6, everyOutcome) // 1 and 2 failed
	path := writeFile(t, content)
	for i, want := range []int{2, 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newService(nil)
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(6), batch.WithCheckpoint(path), batch.WithRetryFailed()))
			if err != nil || len(all) != 6 || s.started() != want {
				t.Errorf("run %d: %d results, %d calls, want 6 and %d; error: %v", i, len(all), s.started(), want, err)
			}
			for _, r := range all {
				if r.Err != nil {
					t.Errorf("run %d: input %d: %v", i, r.Index, r.Err)
				}
			}
		})
	}
	if got := entries(t, path); len(got) != 8 || !bytes.HasPrefix(read(t, path), content) {
		t.Errorf("the file has results of %v, want 8 after the unchanged first lines", got)
	}
}

// Only one run uses the file at a time, also within a process. After the run, another one can use it.
func TestCheckpointInUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "checkpoint.jsonl")
	synctest.Test(t, func(t *testing.T) {
		c := client(t, newService(nil))
		results := func() func(func(result, error) bool) {
			return batch.Map[input, output](t.Context(), c, double, inputs(3), batch.WithCheckpoint(path))
		}
		for _, err := range results() {
			if err != nil {
				t.Fatal(err)
			}
			all, err := collect(t, results())
			if len(all) != 0 || !errors.Is(err, batch.ErrCheckpointInUse) {
				t.Errorf("a second run got %v, %v, want ErrCheckpointInUse", all, err)
			}
			break
		}
		time.Sleep(time.Second)
		if all, err := collect(t, results()); err != nil || len(all) != 3 {
			t.Errorf("after the first run: %d results, want 3; error: %v", len(all), err)
		}
	})
}
