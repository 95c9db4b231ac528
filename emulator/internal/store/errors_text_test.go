package store

import (
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	bolterrors "go.etcd.io/bbolt/errors"
)

// TestErrorTexts pins the complete messages. Other tests check only key words.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"in use":        {explain("DIR", bolterrors.ErrTimeout), "the data directory DIR is in use by another emulator; stop that emulator or choose another directory"},
		"no permission": {explain("DIR", fs.ErrPermission), "this process has no permission to read and write the data directory DIR; choose another directory"},
		"not usable":    {explain("DIR", syscall.ENOSPC), "the data directory DIR cannot be used (" + syscall.ENOSPC.Error() + "); choose another directory"},
		"damaged":       {explain("DIR", bolterrors.ErrChecksum), filepath.Join("DIR", stateFile) + " is damaged or not the state of an emulator; choose another directory"},
		"too large":     {ErrTooLarge, "the content is larger than the limit"},
		"incomplete":    {ErrIncomplete, "the content is incomplete"},
		"no function":   {errNoTable, "the function was deleted"},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
