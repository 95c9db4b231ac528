package python

import (
	"testing"
	"time"
)

// TestErrorTexts pins the complete messages. Other tests check only key words.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"closed":       {errClosed, "the emulator is closing"},
		"code deleted": {errCodeMissing, "the code of the function was deleted by a call or another program; create the function again"},
		"slow start":   {errSlowStart, "the Python process took too long to start and import the handler; make the import faster"},
		"pipe written": {errGarbled, "the code wrote into a pipe of the emulator; use only file descriptors that the code opened"},
		"not sent":     {errNotSent, "the worker exited before it received the request"},
		"timeout":      {&timeoutError{9 * time.Minute}, "the call ran longer than its timeout of 9m0s and was killed"},
		"exit": {
			&exitError{how: "exited with code 3", phase: "while it imported the handler"},
			"the Python process of the function exited with code 3 while it imported the handler",
		},
		"killed": {
			&exitError{how: "was killed by SIGKILL (killed)", phase: "before the handler returned", cause: "a lack of memory"},
			"the Python process of the function was killed by SIGKILL (killed) before the handler returned; a lack of memory is the usual cause",
		},
	} {
		if got := test.err.Error(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
