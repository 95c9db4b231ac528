package service

import (
	"slices"
	"testing"
)

// The emulator offers a runtime that the description has gained.
func TestNewRuntime(t *testing.T) {
	t.Parallel()
	if offered := (Limits{}).WithDefaults().Runtimes; !slices.Contains(offered, "py315") || slices.Contains(offered, "py39") {
		t.Errorf("the emulator offers %v", offered)
	}
}
