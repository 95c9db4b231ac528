package functions

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"
)

// FollowOption changes how a log is followed.
type FollowOption func(*followOptions)

type followOptions struct{ pause, grace, hold time.Duration }

// WithLogPause reads the log that often, at least a millisecond apart; the default is every second.
func WithLogPause(d time.Duration) FollowOption { return func(o *followOptions) { o.pause = d } }

// WithLogGrace goes on reading that long after the end of the call was noticed, since the service may deliver lines late;
// the default is five seconds. The log of a call that ended long before is read without.
func WithLogGrace(d time.Duration) FollowOption { return func(o *followOptions) { o.grace = d } }

// WithLogHold keeps every line back for that long after it was first read, so that late lines can be put before it. The
// default is 0: lines are handed on at once.
func WithLogHold(d time.Duration) FollowOption { return func(o *followOptions) { o.hold = d } }

func followSettings(opts []FollowOption) (followOptions, error) {
	o := followOptions{pause: time.Second, grace: 5 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	var errs []error
	if o.pause < time.Millisecond {
		errs = append(errs, &ArgumentError{Field: "pause", Rule: "is " + o.pause.String() + "; it must be a millisecond at least"})
	}
	if o.grace < 0 || o.hold < 0 {
		errs = append(errs, &ArgumentError{Field: "grace or hold", Rule: "is below zero; use 0 for none"})
	}
	return o, join(errs...)
}

// FollowLogs returns the lines of the call's log as they come; see CallsService.FollowLogs.
func (c *Call) FollowLogs(ctx context.Context, opts ...FollowOption) iter.Seq2[CallLogEntry, error] {
	return c.client.Calls.FollowLogs(ctx, c.CallID(), opts...)
}

// FollowLogs returns the lines of a call's log as they come, until the call has ended and a time of grace has passed. How
// the call ended is no business of the log: ask Wait. An error comes last and once; the end of ctx is one that wraps
// ctx's. The sequence can be ranged over again, from the first line on.
//
// The service returns the whole log each time. Every line that it ever shows comes once, however often it is shown and
// although later answers may be shorter or empty for a while. Lines that are alike, in time and text, come as often as one
// answer shows them.
//
// Lines come in the order in which the service shows them. When it inserts a late line before others that were handed on
// already, that line comes at once, after them; its Timestamp tells where it belongs. WithLogHold(d) prevents this for
// lines that are shown no later than d after those behind them: they come in the order of the log, d after they were
// first read.
func (s *CallsService) FollowLogs(ctx context.Context, call CallID, opts ...FollowOption) iter.Seq2[CallLogEntry, error] {
	o, err := followSettings(opts)
	if err != nil {
		return failed[CallLogEntry](err)
	}
	return func(yield func(CallLogEntry, error) bool) {
		err := s.follow(ctx, call, o, func(line CallLogEntry) bool { return yield(line, nil) })
		if err != nil {
			yield(CallLogEntry{}, err)
		}
	}
}

// follow hands on lines until the log is complete or yield has had enough; an error means neither.
func (s *CallsService) follow(ctx context.Context, call CallID, o followOptions, yield func(CallLogEntry) bool) error {
	waiting, stop := context.WithCancel(ctx)
	end := make(chan CallResult, 1)
	var wait sync.WaitGroup
	wait.Go(func() {
		last, err := s.Wait(waiting, call)
		end <- CallResult{call, last, err}
	})
	defer wait.Wait()
	defer stop()

	var tail logTail
	var until time.Time // the end of grace, once the call has ended
	for {
		asked := time.Now()
		log, err := s.Logs(ctx, call)
		if err != nil {
			return stoppedFollowing(ctx, call, err)
		}
		complete := !until.IsZero() && !asked.Before(until)
		lines := tail.read(log, asked, time.Now(), o.hold)
		if complete {
			lines = append(lines, tail.rest()...)
		}
		for _, line := range lines {
			if !yield(line) {
				return nil
			}
		}
		if complete {
			return nil
		}
		pause := o.pause
		if !until.IsZero() {
			pause = min(pause, max(time.Until(until), 0))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return stoppedFollowing(ctx, call, ended(ctx))
		case result := <-end:
			if result.Call == nil {
				return stoppedFollowing(ctx, call, result.Err)
			}
			until = time.Now().Add(o.graceAfter(result.Call))
		}
	}
}

// graceAfter is how long to read on once the end of a call was noticed: not at all if it ended long ago.
func (o followOptions) graceAfter(call *Call) time.Duration {
	if call.EndTime == nil {
		return o.grace
	}
	return min(o.grace, max(0, o.grace+clockSkew-time.Since(call.Ended())))
}

// stoppedFollowing says so if ctx has ended; any other error speaks for itself.
func stoppedFollowing(ctx context.Context, call CallID, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	if pending, ok := errors.AsType[*PendingError](err); ok {
		err = pending.Err
	}
	return gaveUp("following the log of "+call.String(), err)
}
