package emulator

import (
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Options are the settings of an emulator. The zero value is ready to use.
type Options struct {
	// Addr is where to listen, as host:port; "" means a free port on 127.0.0.1. Addresses that other machines can reach
	// need AllowRemote.
	Addr string
	// AllowRemote allows an address other than loopback. Whoever can reach the emulator can run code on this machine.
	AllowRemote bool
	// Project is the name of the one project that exists: letters, digits, dashes and underscores; "" means "emulator".
	Project string
	// DataDir is a folder that keeps everything from one start to the next, calls and ended sessions for 90 days; "" means
	// a temporary folder, removed by Close. It is made if needed; one that exists must be empty or an emulator's, and only
	// one emulator at a time can use it. It holds the secrets of functions in clear, because the functions need them, in
	// files and folders that nobody else may read.
	DataDir string
	// Sync writes each change through to the disk. Without it, the end of the process, even by kill -9, loses nothing
	// that was acknowledged, but a power loss may. What a running call has printed is kept when the call ends.
	Sync bool
	// Python is the interpreter for uploaded code, a path or a name on PATH, which must work for Start to succeed. ""
	// looks for python3, then python, when code without a Go handler is deployed: without one, that deployment fails.
	Python string
	// MaxWorkers bounds the Python processes of all functions together; 0 means 100. Processes start only when they are
	// needed. Calls beyond the bound wait in the order in which they came, and count as running meanwhile.
	MaxWorkers int
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
	Runtimes                []string        // runtimes on offer; those of the description that are not withdrawn. The default of functions is py313, or else the last one
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

// projectName is what can stand in a path and in a token's list of projects as it is.
var projectName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (o Options) check() error {
	if !projectName.MatchString(o.Project) {
		return fmt.Errorf("the project %q is not valid: use letters, digits, dashes and underscores", o.Project)
	}
	return o.checkAddr()
}
