package service

import (
	"slices"
	"testing"
)

// The emulator offers a new runtime of the description.
func TestNewRuntime(t *testing.T) {
	t.Parallel()
	if offered := (Limits{}).WithDefaults(GCP).Runtimes; !slices.Contains(offered, "py315") || slices.Contains(offered, "py39") {
		t.Errorf("the emulator offers %v", offered)
	}
}
