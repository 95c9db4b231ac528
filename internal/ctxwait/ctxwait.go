// Package ctxwait waits until a time or the end of a context, and formats the error of an ended context.
package ctxwait

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Sleep waits for d. If ctx ends first, it returns the error of ctx as [Error] does.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return Error(ctx)
	}
}

// Error returns the error of a context that has ended, together with its cause if that is different.
func Error(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, ctx.Err()) {
		return cause
	}
	return fmt.Errorf("%w (%w)", cause, ctx.Err())
}
