package batch

import (
	"os"
	"path/filepath"
	"testing"

	functions "github.com/cogfn/cogfn/wrapper"
)

// After a failed write, the file may end with an incomplete line, so nothing is appended even if it could be.
func TestCheckpointStopsAfterFailedWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "checkpoint.jsonl")
	c, err := openCheckpoint(settings{path: path}, "demo", functions.ID(42))
	if err != nil {
		t.Fatal(err)
	}
	writable := c.file
	if c.file, err = os.Open(path); err != nil {
		t.Fatal(err)
	}
	first := c.record(entry{})
	if err := c.file.Close(); err != nil {
		t.Error(err)
	}
	c.file = writable
	if again := c.record(entry{}); first == nil || again != first { //nolint:errorlint // the identical error
		t.Errorf("the first write failed with %v, the second with %v, want the identical error", first, again)
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
}
