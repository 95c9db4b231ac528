package emulator_test

import (
	"testing"

	"github.com/cogfn/cogfn/emulator"
)

// BenchmarkStart measures what an emulator costs a test that starts one.
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
