package source

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPackBoundsItsSize(t *testing.T) {
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
		refused bool
	}{
		"one at the bound":   {texts(10), false},
		"one above it":       {texts(11), true},
		"two at the bound":   {texts(4, 6), false},
		"two above it":       {texts(5, 6), true},
		"the first far more": {texts(1000, 0), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := write(tt.files, 10)
			if refusal, ok := errors.AsType[*Error](err); ok != tt.refused || ok && !strings.Contains(refusal.Message, "is it the right one?") {
				t.Errorf("got %v; refused should be %v", err, tt.refused)
			}
		})
	}
}
