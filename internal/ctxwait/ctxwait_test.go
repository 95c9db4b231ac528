package ctxwait_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

func TestSleep(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	for name, tc := range map[string]struct {
		sleep, end time.Duration
		want       []error
		took       time.Duration
	}{
		"whole duration": {time.Second, time.Hour, nil, time.Second},
		"no duration":    {-1, time.Hour, nil, 0},
		"context ends":   {time.Hour, time.Second, []error{context.DeadlineExceeded, cause}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), tc.end, cause)
				defer cancel()
				start := time.Now()
				err := ctxwait.Sleep(ctx, tc.sleep)
				if took := time.Since(start); took != tc.took || (err == nil) != (tc.want == nil) {
					t.Errorf("error %v after %v, want %v after %v", err, took, tc.want, tc.took)
				}
				for _, want := range tc.want {
					if !errors.Is(err, want) {
						t.Errorf("error %v does not match %v", err, want)
					}
				}
			})
		})
	}
}

func TestErrorWithoutCause(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ctxwait.Error(ctx); err != context.Canceled { //nolint:errorlint // the identical error
		t.Errorf("error %v, want the error of the context itself", err)
	}
}
