package functions

import (
	"strings"
	"testing"
)

// The wrapper follows the length of the description.
func TestNewLength(t *testing.T) {
	t.Parallel()
	for length, accepted := range map[int]bool{150: true, 151: false} {
		if err := checkFunction(FunctionWrite{Name: strings.Repeat("a", length)}); (err == nil) != accepted {
			t.Errorf("%d characters: %v", length, err)
		}
	}
}
