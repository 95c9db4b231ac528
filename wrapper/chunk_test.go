package functions

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sequence yields the numbers from 0 to n-1, and then err if it is not nil.
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

// The chunks contain the items in their order. All chunks but the last have n items. An error is the last element and has no
// items.
func TestChunk(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	rapid.Check(t, func(t *rapid.T) {
		total, n := rapid.IntRange(0, 50).Draw(t, "total"), rapid.IntRange(-2, 20).Draw(t, "n")
		end := rapid.SampledFrom([]error{nil, broken}).Draw(t, "error")
		var chunks [][]int
		var ended error
		for chunk, err := range Chunk(sequence(total, end), n) {
			if ended != nil {
				t.Fatalf("chunk %v, error %v after an error", chunk, err)
			}
			if ended = err; err == nil {
				chunks = append(chunks, chunk)
			} else if chunk != nil {
				t.Fatalf("chunk %v with an error, want no items", chunk)
			}
		}
		if !errors.Is(ended, end) || (ended == nil) != (end == nil) {
			t.Fatalf("error = %v, want %v", ended, end)
		}
		for i, chunk := range chunks {
			if size := max(1, n); len(chunk) > size || len(chunk) == 0 || i < len(chunks)-1 && len(chunk) < size {
				t.Fatalf("chunk %d of %d has %d items, want %d", i, len(chunks), len(chunk), size)
			}
		}
		if diff := cmp.Diff(upTo(total), slices.Concat(chunks...)); diff != "" {
			t.Fatalf("items (-want +got):\n%s", diff)
		}
	})
}

// After break, Chunk reads no further item.
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
		received := 0
		for chunk, err := range Chunk(counted, 2) {
			if err != nil {
				t.Fatal(err)
			}
			if received += len(chunk); received >= 4 {
				break
			}
		}
		check(t, "items read", read, 4)
	}
	for chunk, err := range Chunk(sequence(1, errors.New("broken")), 2) { // break before the error
		check(t, "items", len(chunk), 1)
		check(t, "error", err, nil)
		break
	}
}

// Chunks do not share memory, so the caller may keep and change them.
func TestChunksShareNoMemory(t *testing.T) {
	t.Parallel()
	var chunks [][]int
	for chunk, err := range Chunk(sequence(5, nil), 2) {
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, chunk)
	}
	chunks[0] = append(chunks[0], 9)
	if diff := cmp.Diff([][]int{{0, 1, 9}, {2, 3}, {4}}, chunks); diff != "" {
		t.Errorf("chunks (-want +got):\n%s", diff)
	}
}
