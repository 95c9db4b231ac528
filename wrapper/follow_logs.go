package functions

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

// FollowOption changes how [CallsService.FollowLogs] reads a log.
type FollowOption func(*followOptions)

type followOptions struct{ interval, grace, delay time.Duration }

// WithLogInterval sets the time between two reads of the log, at least a millisecond. The default is one second.
func WithLogInterval(d time.Duration) FollowOption { return func(o *followOptions) { o.interval = d } }

// WithLogGrace sets how long the log is read after the end of the call was seen, because the service may show lines late.
// The default is five seconds. It is shorter for a call that ended more than a minute before.
func WithLogGrace(d time.Duration) FollowOption { return func(o *followOptions) { o.grace = d } }

// WithLogDelay delays every line by d after it was first read, so that late lines can be inserted before it. The default is
// 0: lines are returned at once.
func WithLogDelay(d time.Duration) FollowOption { return func(o *followOptions) { o.delay = d } }

func followSettings(opts []FollowOption) (followOptions, error) {
	o := followOptions{interval: time.Second, grace: 5 * time.Second}
	for _, opt := range opts {
		opt(&o)
	}
	var errs []error
	if o.interval < time.Millisecond {
		errs = append(errs, &ArgumentError{Field: "interval", Rule: "is " + o.interval.String() + "; it must be at least a millisecond"})
	}
	if o.grace < 0 || o.delay < 0 {
		errs = append(errs, &ArgumentError{Field: "grace or delay", Rule: "is below zero; use 0 for none"})
	}
	return o, join(errs...)
}

// FollowLogs returns the lines of the call's log as they appear. See [CallsService.FollowLogs].
func (c *Call) FollowLogs(ctx context.Context, opts ...FollowOption) iter.Seq2[CallLogEntry, error] {
	return c.client.Calls.FollowLogs(ctx, ID(c.FunctionID), c.ID, opts...)
}

// FollowLogs returns the lines of a call's log as they appear, until the call has ended and the grace period is over. It
// does not report how the call ended: use [CallsService.Wait]. An error is the last element. If ctx ends, the error wraps
// the error of ctx. Each range over the sequence starts at the first line.
//
// The service returns the complete log each time. FollowLogs returns each line once, even if later responses are shorter or
// empty for a while. Lines with the same time and text are returned as often as one response contains them.
//
// Lines have the order of the response. When the service inserts a late line before lines that were already returned,
// FollowLogs returns it at once, after them. [WithLogDelay] keeps the order of the log for lines that appear within the
// delay.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/getFunctionCallLogs
func (s *CallsService) FollowLogs(ctx context.Context, fn Identifier, id int64, opts ...FollowOption) iter.Seq2[CallLogEntry, error] {
	o, err := followSettings(opts)
	if err == nil {
		err = checkIDs("call id", id)
	}
	if err != nil {
		return failed[CallLogEntry](err)
	}
	return func(yield func(CallLogEntry, error) bool) {
		var tail logTail
		more := true // false after the caller has stopped the iteration
		emit := func(lines CallLog) bool {
			for _, line := range lines {
				if more = yield(line, nil); !more {
					break
				}
			}
			return more
		}
		var last error // after a line
		_, err := withFunctionID(ctx, s.client, fn, func(functionID int64) (struct{}, error) {
			err := s.follow(ctx, CallID{functionID, id}, o, &tail, emit)
			if tail.hasLines() { // the id was valid, and a new function with the external id has other calls
				last, err = err, nil
			}
			return struct{}{}, err
		})
		err = join(last, err)
		if more && emit(tail.rest()) && err != nil { // delayed lines are returned before the error
			yield(CallLogEntry{}, err)
		}
	}
}

// follow emits lines until the log is complete, except for the delayed lines in tail, or emit returns false.
func (s *CallsService) follow(ctx context.Context, call CallID, o followOptions, tail *logTail, emit func(CallLog) bool) error {
	waiting, stop := context.WithCancel(ctx)
	end := make(chan callEnd, 1)
	var wait sync.WaitGroup
	wait.Go(func() { end <- s.waitForEnd(waiting, call) })
	defer wait.Wait()
	defer stop()

	var until time.Time // the end of the grace period, after the call has ended
	for {
		requested := time.Now()
		log, err := s.Logs(ctx, ID(call.FunctionID), call.ID)
		if err != nil {
			return stoppedFollowing(ctx, call, err)
		}
		complete := !until.IsZero() && !requested.Before(until)
		if !emit(tail.read(log, requested, time.Now(), o.delay)) || complete {
			return nil
		}
		interval := o.interval
		if !until.IsZero() {
			interval = min(interval, max(time.Until(until), 0))
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return stoppedFollowing(ctx, call, ctxwait.Error(ctx))
		case last := <-end:
			if last.call == nil {
				return stoppedFollowing(ctx, call, last.err)
			}
			until = time.Now().Add(o.graceAfter(last))
		}
	}
}

// callEnd is the outcome of the wait for the followed call.
type callEnd struct {
	// call is the ended call, or nil with the reason in err.
	call *Call
	err  error
	// ran reports whether the call was seen running.
	ran bool
}

func (s *CallsService) waitForEnd(ctx context.Context, call CallID) (end callEnd) {
	end.call, end.err = s.wait(ctx, call, func(current *Call) (bool, error) {
		done, err := current.ended()
		end.ran = end.ran || !done
		return done, err
	})
	return end
}

// followSkew is the largest accepted difference between the clocks of the service and of this machine. If a call seems older
// than it is, lines are lost. If it seems younger, following takes at most one grace period longer.
const followSkew = time.Minute

// graceAfter returns how long to read the log after the end of the call was seen. It is 0 for a call that ended long ago.
// The two clocks are compared only for a call that was never seen running.
func (o followOptions) graceAfter(last callEnd) time.Duration {
	if last.ran || last.call.EndTime == nil {
		return o.grace
	}
	return min(o.grace, max(0, o.grace+followSkew-time.Since(last.call.Ended())))
}

// stoppedFollowing names the log if ctx has ended. It returns other errors unchanged.
func stoppedFollowing(ctx context.Context, call CallID, err error) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	if pending, ok := errors.AsType[*PendingError](err); ok {
		err = pending.Err
	}
	return canceled("following the log of "+call.String(), err)
}

// logTail returns the new lines of a log that is read completely each time. Lines have no ids. Equal lines cannot be
// distinguished, so it counts how many of each were returned.
type logTail struct {
	returned map[logLine]int
	// delayed are the lines that were read but not yet returned, in the order of the log.
	delayed []delayedLine
}

// logLine is the content of a line.
type logLine struct {
	timed bool
	at    int64
	text  string
}

// occurrence is the n-th of several equal lines, counted from 1.
type occurrence struct {
	logLine
	n int
}

type delayedLine struct {
	entry CallLogEntry
	occurrence
	// since is the time at which a response first contained the line.
	since time.Time
}

// read adds a response, which was requested and received at these times, and returns the lines whose delay is over. Only
// lines in the response itself are returned, because a shorter response may lack late lines before them.
func (t *logTail) read(log CallLog, requested, received time.Time, delay time.Duration) CallLog {
	count := map[logLine]int{}
	shown := map[occurrence]bool{}
	var fresh []delayedLine
	for _, entry := range log {
		line := logLine{timed: entry.Timestamp != nil, at: deref(entry.Timestamp), text: entry.Text()}
		count[line]++
		if o := (occurrence{line, count[line]}); o.n > t.returned[line] {
			shown[o] = true
			fresh = append(fresh, delayedLine{entry, o, received})
		}
	}
	t.merge(fresh, shown)
	ready := 0
	for ready < len(t.delayed) && shown[t.delayed[ready].occurrence] && (delay == 0 || requested.Sub(t.delayed[ready].since) >= delay) {
		ready++
	}
	return t.take(ready)
}

// hasLines reports whether a response contained a line.
func (t *logTail) hasLines() bool { return len(t.returned)+len(t.delayed) > 0 }

// rest returns all delayed lines.
func (t *logTail) rest() CallLog { return t.take(len(t.delayed)) }

// take returns the first n delayed lines.
func (t *logTail) take(n int) CallLog {
	if t.returned == nil {
		t.returned = map[logLine]int{}
	}
	lines := make(CallLog, n)
	for i, line := range t.delayed[:n] {
		lines[i] = line.entry
		t.returned[line.logLine]++
	}
	t.delayed = t.delayed[n:]
	return lines
}

// merge inserts the lines of a response into the delayed lines. Both are parts of the same log. The lines that are in both
// determine the places of the others.
func (t *logTail) merge(fresh []delayedLine, shown map[occurrence]bool) {
	since := make(map[occurrence]time.Time, len(t.delayed))
	for _, line := range t.delayed {
		since[line.occurrence] = line.since
	}
	merged := make([]delayedLine, 0, len(t.delayed)+len(fresh))
	placed := make(map[occurrence]bool, len(t.delayed)+len(fresh))
	put := func(line delayedLine) {
		if placed[line.occurrence] {
			return
		}
		placed[line.occurrence] = true
		if first, known := since[line.occurrence]; known {
			line.since = first
		}
		merged = append(merged, line)
	}
	for _, line := range t.delayed {
		for shown[line.occurrence] && !placed[line.occurrence] {
			put(fresh[0])
			fresh = fresh[1:]
		}
		put(line)
	}
	for _, line := range fresh {
		put(line)
	}
	t.delayed = merged
}
