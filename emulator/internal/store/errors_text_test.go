package store

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	bolterrors "go.etcd.io/bbolt/errors"
)

// TestErrorTexts pins the complete messages. Other tests check only key words.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"file":          {prepareDataDir(file), file + " is a file, not a data directory; choose another directory"},
		"not empty":     {prepareDataDir(dir), "the directory " + dir + " is not empty and not a data directory of an emulator; choose another directory"},
		"in use":        {explain("DIR", bolterrors.ErrTimeout), "the data directory DIR is in use by another emulator; stop that emulator or choose another directory"},
		"no permission": {explain("DIR", fs.ErrPermission), "this process has no permission to read and write the data directory DIR; choose another directory"},
		"not usable":    {explain("DIR", syscall.ENOSPC), "the data directory DIR cannot be used (" + syscall.ENOSPC.Error() + "); choose another directory"},
		"damaged":       {explain("DIR", bolterrors.ErrChecksum), filepath.Join("DIR", stateFile) + " is damaged or not the state of an emulator; choose another directory"},
		"too large":     {ErrTooLarge, "the content is larger than the limit"},
		"incomplete":    {ErrIncomplete, "the content is incomplete"},
		"no function":   {errNoTable, "the function was deleted"},
	} {
		if test.err == nil || test.err.Error() != test.want {
			t.Errorf("%s: error %v, want %q", name, test.err, test.want)
		}
	}
}
