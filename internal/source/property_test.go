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

	"github.com/cogfn/cogfn/internal/source"
)

// TestPackIsDeterministic holds three laws: the order, times and modes of a tree's files do not show in the bytes; the
// kind of file system does not either; and unzipping gives the tree back.
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
		want, err := source.Pack(tree(files), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(files, unzip(t, want.Bytes)); diff != "" {
			t.Fatalf("the zip differs from the tree (-want +got)\n%s", diff)
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
		got, err := source.Pack(os.DirFS(dir), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes, want.Bytes) || got.SHA256 != want.SHA256 || got.ContentSHA256 != want.ContentSHA256 {
			t.Fatal("the same files gave other bytes")
		}
	})
}
