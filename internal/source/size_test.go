package source

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestZipSizeLimit(t *testing.T) {
	t.Parallel()
	texts := func(sizes ...int) (files []file) {
		for _, size := range sizes {
			files = append(files, file{"f", func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(strings.Repeat("x", size))), nil
			}})
		}
		return files
	}
	for name, tt := range map[string]struct {
		files   []file
		exceeds bool
	}{
		"one at the limit":          {texts(10), false},
		"one above the limit":       {texts(11), true},
		"two at the limit":          {texts(4, 6), false},
		"two above the limit":       {texts(5, 6), true},
		"first far above the limit": {texts(1000, 0), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := zipFiles(tt.files, 10)
			if tooLarge, ok := errors.AsType[*Error](err); ok != tt.exceeds || ok && !strings.Contains(tooLarge.Message, "exceed") {
				t.Errorf("got %v, want an *Error: %t", err, tt.exceeds)
			}
		})
	}
}
