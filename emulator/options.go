package emulator

import (
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Options are the settings of an emulator. The zero value is ready to use.
type Options struct {
	// Addr is where to listen, as host:port; "" means a free port on 127.0.0.1.
	Addr string
	// AllowRemote allows an address other than loopback. Whoever can reach the emulator can run code on this machine.
	AllowRemote bool
	// Project is the name of the one project that exists; "" means "emulator".
	Project string
	// DataDir is a folder that keeps everything from one start to the next; "" means a temporary folder, removed by
	// Close. Only one emulator at a time can use it. It holds the secrets of functions in clear, because the functions
	// need them; its mode is 0700.
	DataDir string
	// Sync writes each change through to the disk. Without it, the end of the process, even by kill -9, loses nothing
	// that was acknowledged, but a power loss may. What a running call has printed is kept when the call ends.
	Sync bool
	// Python is the interpreter for uploaded code, a path or a name on PATH; "" looks for python3, then python. It is
	// looked for when code without a Go handler is deployed: without one, that deployment fails.
	Python string
	// Handlers are Go functions that run instead of uploaded code, by the function's external id or else its name. See
	// [Emulator.Handle].
	Handlers map[string]Handler
	// Limits are what functions may use; zero fields mean the documented limits of a project on Google's cloud.
	Limits Limits
	// DeployDelay is how long a deployment takes at least: one half of it Queued, the other Deploying.
	DeployDelay time.Duration
	// NonceLifetime is how long a nonce can be used; 0 means 60 s.
	NonceLifetime time.Duration
	// TokenLifetime is how long a token of the token URL is valid; 0 means 1 h.
	TokenLifetime time.Duration
	// Clients maps the client ids that may get tokens and sessions to their secrets, and makes the tokens they get the
	// only valid ones. nil means that any client and any bearer token will do.
	Clients map[string]string
	// ValidateResponses checks every answer against the description; one that does not follow it becomes a logged
	// error 500. RunT switches it on.
	ValidateResponses bool
	// Logger takes what is not part of an answer; nil discards it. Requests are logged at debug level.
	Logger *slog.Logger
}

// Limits are what functions and calls may use. A zero field means the default that its comment names.
type Limits struct {
	TimeoutMinutes          int             // how long a call may run, in minutes, as shown to callers; 9
	CallTimeout             time.Duration   // how long a call may really run; TimeoutMinutes
	DeployTimeout           time.Duration   // how long a deployment may take; 10 min
	CPU                     gen.CPURange    // cores of a function; 1 to 3, default 1
	Memory                  gen.MemoryRange // GB of a function; 1.5 to 5, default 1.5. Shown, but not enforced
	Runtimes                []string        // runtimes on offer, the last one is the default; py310 to py313
	DataBytes               int             // input data of a call or schedule, in bytes of JSON; 9,000,000
	ResponseBytes           int             // response of a call, in bytes of JSON; 1 MiB
	FileBytes               int64           // one uploaded file, in bytes; 512 MiB
	Functions               int             // functions in the project; 100
	Schedules               int             // schedules in the project; 1000
	SchedulesPerFunction    int             // schedules of one function; 100
	RunningCalls            int             // running calls in the project; 250
	RunningCallsPerFunction int             // running calls of one function; 100
}

func (o Options) withDefaults() Options {
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Project == "" {
		o.Project = "emulator"
	}
	if o.NonceLifetime == 0 {
		o.NonceLifetime = time.Minute
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) checkAddr() error {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("the address %q is not of the form host:port: %w", o.Addr, err)
	}
	if !o.AllowRemote && !isLoopback(host) {
		return fmt.Errorf("the address %s can be reached from other machines, and the emulator runs uploaded code: use 127.0.0.1, or set AllowRemote", o.Addr)
	}
	return nil
}

// isLoopback says whether a host name or address means this machine alone.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
