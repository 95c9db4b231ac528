package emulator

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
)

// Handler is a Go function that runs instead of uploaded code.
//
// The result is encoded as JSON and becomes the response of the call. If the handler returns an error or panics, the
// call has the status Failed and the message of the error.
//
// The handler should return when ctx ends: the call has timed out, its function was deleted, or the emulator is
// closing. The call does not wait for a handler that continues.
type Handler func(ctx context.Context, call *Call) (any, error)

// Call is one call of a [Handler]. Print and Printf are safe for concurrent use.
type Call struct {
	// FunctionID is the id of the function, ID the id of the call.
	FunctionID, ID int64
	// Data is the input, a JSON object.
	Data json.RawMessage
	// Secrets and Env are the secrets and the environment variables of the function.
	Secrets, Env map[string]string
	// ScheduleID is the id of the schedule that made the call, ScheduledTime its time in milliseconds since 1970. Both
	// are 0 if there is no schedule.
	ScheduleID, ScheduledTime int64

	clock *clock.Clock
	mu    sync.Mutex
	log   func(line string) // nil after the end of the call
}

// Now returns the time of the emulator's clock.
func (c *Call) Now() time.Time { return c.clock.Now() }

// Sleep waits until d has passed on the emulator's clock, or returns the error of ctx if that ends first. ctx must be that
// of the handler, or derived from it. [Emulator.Advance] does not wait for a handler that sleeps.
func (c *Call) Sleep(ctx context.Context, d time.Duration) error { return c.clock.Sleep(ctx, d) }

// Print writes its arguments to the log of the call, formatted as by [fmt.Print]. Each line becomes one log entry.
func (c *Call) Print(args ...any) { c.print(fmt.Sprint(args...)) }

// Printf writes a formatted string to the log of the call. Each line becomes one log entry.
func (c *Call) Printf(format string, args ...any) { c.print(fmt.Sprintf(format, args...)) }

func (c *Call) print(message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.log == nil {
		return
	}
	message = strings.ToValidUTF8(message, "\uFFFD")
	for line := range strings.SplitSeq(strings.TrimSuffix(message, "\n"), "\n") {
		c.log(line)
	}
}

// closeLog discards later lines, because the log is stored when the call ends.
func (c *Call) closeLog() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = nil
}
