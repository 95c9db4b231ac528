package emulator_test

import (
	"testing"

	"github.com/cogfn/cogfn/emulator"
)

// BenchmarkStart measures the start and the end of an emulator.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		e, err := emulator.Start(emulator.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := e.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
