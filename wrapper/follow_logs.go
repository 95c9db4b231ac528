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
// the default is five seconds. The log of a call that ended more than a minute before it was followed is read without.
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
// first read, or at once when following ends.
func (s *CallsService) FollowLogs(ctx context.Context, call CallID, opts ...FollowOption) iter.Seq2[CallLogEntry, error] {
	o, err := followSettings(opts)
	if err != nil {
		return failed[CallLogEntry](err)
	}
	return func(yield func(CallLogEntry, error) bool) {
		var tail logTail
		more := true // is wanted
		handOn := func(lines CallLog) bool {
			for _, line := range lines {
				if more = yield(line, nil); !more {
					break
				}
			}
			return more
		}
		err := s.follow(ctx, call, o, &tail, handOn)
		if more && handOn(tail.rest()) && err != nil { // what was read is not lost, whatever went wrong later
			yield(CallLogEntry{}, err)
		}
	}
}

// follow hands on lines until all but those that tail holds were, or handOn says that no more are wanted; an error means
// neither.
func (s *CallsService) follow(ctx context.Context, call CallID, o followOptions, tail *logTail, handOn func(CallLog) bool) error {
	waiting, stop := context.WithCancel(ctx)
	end := make(chan watched, 1)
	var watch sync.WaitGroup
	watch.Go(func() { end <- s.watch(waiting, call) })
	defer watch.Wait()
	defer stop()

	var until time.Time // the end of grace, once the call has ended
	for {
		asked := time.Now()
		log, err := s.Logs(ctx, call)
		if err != nil {
			return stoppedFollowing(ctx, call, err)
		}
		complete := !until.IsZero() && !asked.Before(until)
		if !handOn(tail.read(log, asked, time.Now(), o.hold)) || complete {
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
		case last := <-end:
			if last.call == nil {
				return stoppedFollowing(ctx, call, last.err)
			}
			until = time.Now().Add(o.graceAfter(last))
		}
	}
}

// watched is how the wait for a call that is followed ended.
type watched struct {
	// call is the call as it ended; nil if that was not seen, for the reason err.
	call *Call
	err  error
	// ran tells that the call was seen running meanwhile.
	ran bool
}

func (s *CallsService) watch(ctx context.Context, call CallID) (w watched) {
	w.call, w.err = s.waitBy(ctx, call, func(current *Call) (bool, error) {
		done, err := current.ended()
		w.ran = w.ran || !done
		return done, err
	})
	return w
}

// followSkew is how far the service's clock may be from this machine's when a log is followed. To take a call for older
// than it is would lose lines; to take it for younger costs the time of grace at most.
const followSkew = time.Minute

// graceAfter is how long to read on once the end of a call was noticed: not at all if it ended long ago. That takes
// comparing two clocks, and so is asked only of a call that was never seen running.
func (o followOptions) graceAfter(last watched) time.Duration {
	if last.ran || last.call.EndTime == nil {
		return o.grace
	}
	return min(o.grace, max(0, o.grace+followSkew-time.Since(last.call.Ended())))
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
