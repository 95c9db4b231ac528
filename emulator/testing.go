package emulator

// TB is the part of [testing.TB] that RunT needs. *testing.T, *testing.B and *testing.F implement it.
type TB interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// RunT starts an emulator for a test and closes it when the test ends. It sets [Options.ValidateResponses]. If the
// emulator does not start, RunT fails the test. If the test fails, its log ends with [Emulator.Dump].
//
// Package functionstest also returns a client of the emulator.
func RunT(t TB, options Options) *Emulator {
	t.Helper()
	options.ValidateResponses = true
	e, err := Start(options)
	if err != nil {
		t.Fatalf("start the emulator: %v", err)
		return nil // Fatalf of another implementation may return
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", e.Dump())
		}
		if err := e.Close(); err != nil {
			t.Errorf("close the emulator: %v", err)
		}
	})
	return e
}
