package functions

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sequence gives the numbers from 0 to n-1, and then err if there is one.
func sequence(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

// The chunks, put together, are the sequence; all but the last have n items; an error comes last and once, alone.
func TestChunkLaws(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	rapid.Check(t, func(t *rapid.T) {
		total, n := rapid.IntRange(0, 50).Draw(t, "total"), rapid.IntRange(-2, 20).Draw(t, "n")
		end := rapid.SampledFrom([]error{nil, broken}).Draw(t, "error")
		var chunks [][]int
		var ended error
		for chunk, err := range Chunk(sequence(total, end), n) {
			if ended != nil {
				t.Fatalf("%v, %v came after the error", chunk, err)
			}
			if ended = err; err == nil {
				chunks = append(chunks, chunk)
			} else if chunk != nil {
				t.Fatalf("%v came with the error", chunk)
			}
		}
		if !errors.Is(ended, end) || (ended == nil) != (end == nil) {
			t.Fatalf("ended with %v, not %v", ended, end)
		}
		for i, chunk := range chunks {
			if size := max(1, n); len(chunk) > size || len(chunk) == 0 || i < len(chunks)-1 && len(chunk) < size {
				t.Fatalf("chunk %d of %d has %d items, not %d", i, len(chunks), len(chunk), size)
			}
		}
		if diff := cmp.Diff(upTo(total), slices.Concat(chunks...)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// Leaving the range early reads no further item, wherever that happens.
func TestChunkBreak(t *testing.T) {
	t.Parallel()
	for _, total := range []int{4, 5, 100} {
		read := 0
		counted := func(yield func(int, error) bool) {
			for item, err := range sequence(total, errors.New("broken")) {
				if read++; !yield(item, err) {
					return
				}
			}
		}
		seen := 0
		for chunk, err := range Chunk(counted, 2) {
			if err != nil {
				t.Fatal(err)
			}
			if seen += len(chunk); seen >= 4 {
				break
			}
		}
		check(t, "items read", read, 4)
	}
	for chunk, err := range Chunk(sequence(1, errors.New("broken")), 2) { // the chunk before the error is the last one wanted
		check(t, "items", len(chunk), 1)
		check(t, "error", err, nil)
		break
	}
}

// Chunks do not share memory, so that keeping them is safe.
func TestChunksAreTheCallers(t *testing.T) {
	t.Parallel()
	var kept [][]int
	for chunk, err := range Chunk(sequence(5, nil), 2) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, chunk)
	}
	kept[0] = append(kept[0], 9)
	if diff := cmp.Diff([][]int{{0, 1, 9}, {2, 3}, {4}}, kept); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func functionOf(id int64, externalID *string) *Function {
	f := &Function{}
	f.ID, f.ExternalID = id, externalID
	return f
}

func TestFunctionList(t *testing.T) {
	t.Parallel()
	l := FunctionList{functionOf(1, new("one")), functionOf(2, nil), functionOf(3, new("three")), functionOf(4, new(""))}
	if diff := cmp.Diff([]int64{1, 2, 3, 4}, l.IDs()); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"one", "three", ""}, l.ExternalIDs()); diff != "" {
		t.Errorf("external ids (-want +got):\n%s", diff)
	}
	for fn, want := range map[Identifier]*Function{
		ID(2): l[1], ID(5): nil, ExternalID("three"): l[2], ExternalID("four"): nil, {}: nil, ExternalID(""): nil,
	} {
		check(t, fn.String(), l.Get(fn), want)
	}
	var none FunctionList
	check(t, "of none", len(none.IDs())+len(none.ExternalIDs())+len(none.AsWrite()), 0)
	check(t, "in none", none.Get(ID(1)), nil)
}

func TestCallAndScheduleList(t *testing.T) {
	t.Parallel()
	calls := CallList{{}, {}}
	calls[0].ID, calls[1].ID = 7, 8
	schedules := ScheduleList{{}, {}}
	schedules[0].ID, schedules[1].ID = 7, 8
	for what, ids := range map[string][]int64{"calls": calls.IDs(), "schedules": schedules.IDs()} {
		if diff := cmp.Diff([]int64{7, 8}, ids); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check(t, "call", calls.Get(8), calls[1])
	check(t, "no call", calls.Get(9), nil)
	check(t, "schedule", schedules.Get(8), schedules[1])
	check(t, "no schedule", schedules.Get(9), nil)
}

func TestInOrderProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.Int64Range(1, 40), rapid.ID[int64]).Draw(t, "ids")
		found := rapid.Permutation(ids).Draw(t, "answer")
		found = found[:rapid.IntRange(0, len(found)).Draw(t, "known")]
		pointers := each(found, func(id int64) *int64 { return &id })
		ordered, missing := inOrder(ids, pointers, func(id *int64) int64 { return *id })
		got := each(ordered, func(id *int64) int64 { return *id })
		isFound := func(id int64) bool { return slices.Contains(found, id) }
		want := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !isFound(id) })
		wantMissing := slices.DeleteFunc(slices.Clone(ids), isFound)
		if !slices.Equal(got, want) || !slices.Equal(missing, wantMissing) {
			t.Fatalf("got %v without %v, want %v without %v", got, missing, want, wantMissing)
		}
	})
}
