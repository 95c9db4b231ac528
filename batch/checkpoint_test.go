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

// every outcome that a call can end with, by input.
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

// written is a checkpoint with the results of inputs 0 to n-1, in this order.
func written(t *testing.T, n int, behave func(n, attempt int) run) (content []byte, results []result) {
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

// place puts content where a run finds it.
func place(t *testing.T, content []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "checkpoint.jsonl")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A second run returns what the first did, and calls nothing.
func TestCheckpointReturnsEveryOutcome(t *testing.T) {
	t.Parallel()
	content, before := written(t, 12, everyOutcome)
	path := place(t, content)
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		c := client(t, s)
		all, err := collect(t, batch.Map[input, output](t.Context(), c, double, inputs(12), batch.WithCheckpoint(path)))
		if err != nil || len(all) != 12 {
			t.Fatalf("%d results, %v", len(all), err)
		}
		if s.requests != 0 {
			t.Errorf("%d requests were made", s.requests)
		}
		for i, r := range all {
			want := before[i]
			if !r.Recorded || want.Recorded {
				t.Errorf("input %d: recorded is %v, and was %v", i, r.Recorded, want.Recorded)
			}
			if diff := cmp.Diff(view(t, want), view(t, r)); diff != "" {
				t.Errorf("input %d (-before +now):\n%s", i, diff)
			}
		}
		if err := all[0].Call.Update(t.Context()); !errors.Is(err, functions.ErrNotFound) { // this service is another one
			t.Errorf("a restored call asked the service: %v", err)
		}
	})
	if got := read(t, path); !bytes.Equal(got, content) {
		t.Errorf("the file was changed to\n%s", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
}

// view is what must be the same of a result, whether it comes from a call or from the file.
func view(t *testing.T, r result) map[string]any {
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

// Wherever the file is cut off, the whole lines count, the others run again, and the file is whole in the end.
func TestCheckpointTorn(t *testing.T) {
	t.Parallel()
	content, _ := written(t, 3, everyOutcome)
	dir := t.TempDir()
	for cut := range len(content) + 1 {
		if near := content[max(cut-2, 0):min(cut+1, len(content))]; cut%13 != 0 && !bytes.Contains(near, []byte("\n")) {
			continue // every byte would take long, and lines matter most at their ends
		}
		path := filepath.Join(dir, "checkpoint.jsonl")
		if err := os.WriteFile(path, content[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		whole := max(bytes.Count(content[:cut], []byte("\n"))-1, 0)
		synctest.Test(t, func(t *testing.T) {
			s := newService(everyOutcome)
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(3), batch.WithCheckpoint(path), batch.WithConcurrency(1)))
			if err != nil || len(all) != 3 || s.started() != 3-whole {
				t.Fatalf("cut at %d: %d results, %d calls, %v", cut, len(all), s.started(), err)
			}
		})
		if lines := entries(t, path); !slices.Equal(lines, []int{0, 1, 2}) {
			t.Fatalf("cut at %d: the file has results of %v", cut, lines)
		}
	}
}

// What is cut off leaves nothing behind, also where it is longer than what follows.
func TestCheckpointTornLong(t *testing.T) {
	t.Parallel()
	content, _ := written(t, 2, nil)
	path := place(t, append(slices.Clone(content), `{"index":2,"inputSha256":"`+strings.Repeat("0", 5000)...))
	synctest.Test(t, func(t *testing.T) {
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(3), batch.WithCheckpoint(path)))
		if err != nil || len(all) != 3 {
			t.Errorf("%d results, %v", len(all), err)
		}
	})
	if lines := entries(t, path); !slices.Equal(lines, []int{0, 1, 2}) {
		t.Errorf("the file has results of %v", lines)
	}
}

// entries are the inputs that a file has results of, line by line.
func entries(t *testing.T, path string) []int {
	t.Helper()
	if content := read(t, path); !bytes.HasSuffix(content, []byte("\n")) {
		t.Errorf("the checkpoint ends with half a line: …%s", content[max(0, len(content)-100):])
	}
	return wholeEntries(t, path)
}

// wholeEntries passes over a last line that was not written to its end.
func wholeEntries(t *testing.T, path string) (indices []int) {
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
			t.Errorf("line %d of the checkpoint names no call", i+1)
		}
		indices = append(indices, line.Index)
	}
	return indices
}

func TestCheckpointRefuses(t *testing.T) {
	t.Parallel()
	content, _ := written(t, 3, nil)
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
		"another project":     {content, "other", double, three, batch.ErrCheckpointDiffers, "was written for the project demo, not for other; name another file, or delete this one to begin anew"},
		"another function":    {content, "demo", functions.ID(43), three, batch.ErrCheckpointDiffers, "was written for the function with external id double, not for id 43; name another file, or delete this one to begin anew"},
		"another version":     {changed(`"version":1`, `"version":2`), "demo", double, three, batch.ErrCheckpointDiffers, "was written for version 2, not for 1; name another file, or delete this one to begin anew"},
		"other input":         {content, "demo", double, []input{{N: 0}, {N: 1}, {N: 7}}, batch.ErrCheckpointDiffers, "was written for other inputs: number 2, counted from 0, is not the same; name another file, or delete this one to begin anew"},
		"other order":         {content, "demo", double, []input{{N: 0}, {N: 2}, {N: 1}}, batch.ErrCheckpointDiffers, "was written for other inputs: number 1, counted from 0, is not the same; name another file, or delete this one to begin anew"},
		"other after a gap":   {join(lines[0], lines[3]), "demo", double, []input{{N: 0}, {N: 1}, {N: 7}}, batch.ErrCheckpointDiffers, "was written for other inputs: number 2, counted from 0, is not the same; name another file, or delete this one to begin anew"},
		"fewer inputs":        {content, "demo", double, three[:2], batch.ErrCheckpointDiffers, "was written for more than 2 inputs; name another file, or delete this one to begin anew"},
		"no inputs":           {content, "demo", double, nil, batch.ErrCheckpointDiffers, "was written for more than 0 inputs; name another file, or delete this one to begin anew"},
		"a text":              {[]byte("dear diary\n"), "demo", double, three, batch.ErrCheckpointDiffers, "is no checkpoint of batch.Map; name another file, or delete this one to begin anew"},
		"a text without line": {[]byte("dear diary"), "demo", double, three, batch.ErrCheckpointDiffers, "is no checkpoint of batch.Map; name another file, or delete this one to begin anew"},
		"other JSON":          {[]byte(`{"a":1}` + "\n"), "demo", double, three, batch.ErrCheckpointDiffers, "is no checkpoint of batch.Map; name another file, or delete this one to begin anew"},
		"no header":           {join(lines[1:]...), "demo", double, three, batch.ErrCheckpointDiffers, "is no checkpoint of batch.Map; name another file, or delete this one to begin anew"},
		"damaged":             {join(lines[0], lines[1], lines[2][10:], lines[3]), "demo", double, three, batch.ErrCheckpointDamaged, "is damaged in line 3; delete that line, and its input runs again"},
		"a line without call": {join(content, []byte("{}\n")), "demo", double, three, batch.ErrCheckpointDamaged, "is damaged in line 5; delete that line, and its input runs again"},
		"a negative input":    {changed(`"index":1`, `"index":-1`), "demo", double, three, batch.ErrCheckpointDamaged, "is damaged in line 3; delete that line, and its input runs again"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := place(t, tc.content)
			synctest.Test(t, func(t *testing.T) {
				s := newService(nil)
				all, err := collect(t, batch.Map[input, output](t.Context(), clientOf(t, tc.project, s), tc.fn, slices.Values(tc.inputs), batch.WithCheckpoint(path)))
				failure, _ := errors.AsType[*batch.CheckpointError](err)
				if failure == nil || !errors.Is(err, tc.kind) || failure.Problem != tc.want || err.Error() != "batch: the checkpoint "+path+" "+tc.want {
					t.Errorf("got %v, want … %s", err, tc.want)
				}
				if len(all) != 0 || s.started() != 0 {
					t.Errorf("%d results came, and %d calls were made", len(all), s.started())
				}
			})
			if got := read(t, path); !bytes.Equal(got, tc.content) {
				t.Errorf("the file was changed to\n%s", got)
			}
		})
	}
}

func TestCheckpointCannotBeUsed(t *testing.T) {
	t.Parallel()
	all, err := collect(t, batch.Map[input, output](t.Context(), client(t, newService(nil)), double, inputs(1), batch.WithCheckpoint(t.TempDir())))
	if failure, ok := errors.AsType[*batch.CheckpointError](err); !ok || failure.Err == nil || len(all) != 0 {
		t.Errorf("a folder gave %v, %v", all, err)
	}
}

// More inputs may follow those of before, and what has no result runs again in its place.
func TestCheckpointGrows(t *testing.T) {
	t.Parallel()
	content, _ := written(t, 3, nil)
	lines := bytes.SplitAfter(content, []byte("\n"))
	path := place(t, bytes.Join([][]byte{lines[0], lines[1], lines[3]}, nil))
	synctest.Test(t, func(t *testing.T) {
		s := newService(nil)
		all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(5), batch.WithCheckpoint(path), batch.WithInputOrder(), batch.WithSync()))
		if err != nil || !slices.Equal(indices(all), []int{0, 1, 2, 3, 4}) {
			t.Fatalf("results of %v came, %v", indices(all), err)
		}
		for _, r := range all {
			if want := r.Index == 0 || r.Index == 2; r.Recorded != want || (s.attempts[r.Index] == 0) != want || r.Output.Double != 2*r.Index {
				t.Errorf("input %d was called %d times and became %+v", r.Index, s.attempts[r.Index], r)
			}
		}
	})
	if got := entries(t, path); !slices.Equal(slices.Sorted(slices.Values(got)), []int{0, 1, 2, 3, 4}) {
		t.Errorf("the file has results of %v", got)
	}
}

// Only the end of a call is a result: what was refused or cut off runs in the next run.
func TestCheckpointKeepsEndsOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "checkpoint.jsonl")
	for pass, tc := range []struct{ refused, fresh int }{{403, 5}, {0, 2}, {0, 0}} {
		synctest.Test(t, func(t *testing.T) {
			s := newService(func(n, _ int) (r run) {
				if n > 2 {
					r.refused = tc.refused
				}
				return r
			})
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(5), batch.WithCheckpoint(path)))
			if err != nil || len(all) != 5 || s.started() != tc.fresh {
				t.Errorf("pass %d: %d results, %d calls, want %d; %v", pass, len(all), s.started(), tc.fresh, err)
			}
		})
	}
}

func TestCheckpointFailedAgain(t *testing.T) {
	t.Parallel()
	content, _ := written(t, 6, everyOutcome) // 1 and 2 failed
	path := place(t, content)
	for pass, want := range []int{2, 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newService(nil)
			all, err := collect(t, batch.Map[input, output](t.Context(), client(t, s), double, inputs(6), batch.WithCheckpoint(path), batch.WithFailedAgain()))
			if err != nil || len(all) != 6 || s.started() != want {
				t.Errorf("pass %d: %d results, %d calls, want %d; %v", pass, len(all), s.started(), want, err)
			}
			for _, r := range all {
				if r.Err != nil {
					t.Errorf("pass %d: input %d: %v", pass, r.Index, r.Err)
				}
			}
		})
	}
	if got := entries(t, path); len(got) != 8 || !bytes.HasPrefix(read(t, path), content) {
		t.Errorf("the file has results of %v", got)
	}
}

// The file belongs to one run at a time, also within a process, and is free when the run has ended.
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
			want := "batch: the checkpoint " + path + " is in use by another run; wait for its end, or name another file"
			if len(all) != 0 || !errors.Is(err, batch.ErrCheckpointInUse) || err.Error() != want {
				t.Errorf("got %v, %v; want %s", all, err, want)
			}
			break
		}
		time.Sleep(time.Second)
		if all, err := collect(t, results()); err != nil || len(all) != 3 {
			t.Errorf("after the end: %d results, %v", len(all), err)
		}
	})
}
