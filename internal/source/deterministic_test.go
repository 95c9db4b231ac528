package source_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestPackIsDeterministic checks that the zip does not depend on the order, times and modes of the files nor on the kind of
// file system, and that it contains the files.
func TestPackIsDeterministic(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	trees := 0
	names := rapid.StringMatching(`([a-d]{1,2}/){0,3}[a-dé ]{1,3}\.(py|txt)`)
	rapid.Check(t, func(t *rapid.T) {
		files := rapid.MapOfN(names, rapid.String(), 1, 12).Draw(t, "files")
		sorted := make([]string, 0, len(files))
		for name := range files {
			sorted = append(sorted, name)
		}
		slices.Sort(sorted)
		want, err := packTree(tree(files))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(files, unzip(t, want.Bytes)); diff != "" {
			t.Fatalf("files in the zip (-want +got)\n%s", diff)
		}

		trees++
		dir := filepath.Join(base, strconv.Itoa(trees))
		for _, name := range rapid.Permutation(sorted).Draw(t, "order") {
			path := filepath.Join(dir, filepath.FromSlash(name))
			mode := rapid.SampledFrom([]os.FileMode{0o600, 0o644, 0o755}).Draw(t, "mode")
			when := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "time"), 0)
			if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(files[name]), mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, when, when); err != nil {
				t.Fatal(err)
			}
		}
		got, err := packTree(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes, want.Bytes) || got.ContentSHA256 != want.ContentSHA256 {
			t.Fatal("the same files produced different zips")
		}
	})
}
