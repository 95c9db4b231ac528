package functions

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Backoff makes, for each wait, the function that gives its next pause.
type Backoff func() (next func() time.Duration)

// defaultPoll looks again after tens of milliseconds at first, so that short calls come back promptly, and ever more
// seldom up to every ten seconds, so that long ones cost little. Pauses are spread by half around their mean.
func defaultPoll() Backoff { return ExponentialPoll(60*time.Millisecond, 1.6, 10*time.Second) }

// ExponentialPoll begins with pauses around first, and lengthens each by factor up to longest. Pauses are spread by half
// around their mean, so that many waits do not knock in step.
func ExponentialPoll(first time.Duration, factor float64, longest time.Duration) Backoff {
	return func() func() time.Duration { return newExponential(first, factor, longest).NextBackOff }
}

// ConstantPoll pauses equally long each time.
func ConstantPoll(pause time.Duration) Backoff {
	return func() func() time.Duration { return func() time.Duration { return pause } }
}

// until looks again and again until look says that it is done, fails, or ctx ends.
func (c *Client) until(ctx context.Context, what string, look func() (done bool, err error)) error {
	next := c.poll()
	for {
		if err := sleep(ctx, max(next(), time.Millisecond)); err != nil {
			return gaveUp("waiting for "+what, err)
		}
		done, err := look()
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return gaveUp("waiting for "+what, err)
		}
		if done || err != nil {
			return err
		}
	}
}

// gaveUp says what was given up and why; err wraps the error of the context.
func gaveUp(what string, err error) error {
	if strings.HasPrefix(err.Error(), "functions: ") { // it is a sentence of its own
		return join(fmt.Errorf("functions: stopped %s", what), err)
	}
	return fmt.Errorf("functions: stopped %s: %w", what, err)
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
