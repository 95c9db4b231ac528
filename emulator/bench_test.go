package emulator_test

import (
	"testing"
	"time"

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

// BenchmarkAdvanceForAYear measures a year of hourly calls of a Go function.
func BenchmarkAdvanceForAYear(b *testing.B) {
	for b.Loop() {
		c := runAt(b, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
		c.schedule("0 * * * *")
		if calls := c.Advance(365 * 24 * time.Hour); len(calls) != 365*24 {
			b.Fatalf("%d calls, want %d", len(calls), 365*24)
		}
	}
}
