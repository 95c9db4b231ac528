package emulator

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/httpapi"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/gen"
)

// Options configures an emulator. All fields are optional.
type Options struct {
	// Addr is the address to listen on, as host:port. The default is a free port of 127.0.0.1. An address that other
	// machines can reach requires AllowRemote.
	Addr string
	// AllowRemote permits an address other than loopback, and requests for any host name. Everyone who can reach the
	// emulator can run code on this machine.
	AllowRemote bool
	// TLS serves HTTPS with a self-signed certificate, over HTTP/1.1 and HTTP/2. Without it, the emulator serves HTTP/1.1.
	// See [Emulator.HTTPClient].
	TLS bool
	// Project is the name of the only project: letters, digits, "-" and "_". The default is "emulator".
	Project string
	// DataDir is a directory in which everything persists across restarts, calls and ended sessions for 90 days. By
	// default, the emulator uses a temporary directory that Close removes.
	//
	// The directory is created if necessary. An existing one must be empty or contain the data of an emulator. Only one
	// emulator can use it at a time. It contains the secrets of functions as plain text, because the functions need
	// them; only the current user has permission to read it.
	DataDir string
	// Sync flushes each change to the disk. Without it, a killed process loses no acknowledged change, but a power
	// failure may. The log of a call is stored when the call ends.
	Sync bool
	// Python is the interpreter for uploaded code: a path, or a name on PATH. Start fails if it does not work. By
	// default, the emulator looks for python3 and then python when code without a handler is deployed; if there is none,
	// the deployment fails.
	Python string
	// MaxWorkers is the maximum number of Python processes for all functions together. The default is 100. Processes
	// start when they are needed. Further calls wait in order of arrival and count as running.
	MaxWorkers int
	// Handlers are functions that exist from the start and are Ready. The key is their external id and name. See
	// [Emulator.Handle].
	Handlers map[string]Handler
	// Overrides are Go functions that run instead of uploaded code. See [Emulator.Override].
	Overrides map[string]Handler
	// Cloud is the cloud of the project, which determines the default of Limits: [GCP], which is the default, [Azure] or
	// [AWS].
	Cloud Cloud
	// Limits bounds what functions may use. The default of each field is the documented limit of a project on Cloud.
	Limits Limits
	// Assumptions are behaviors of the service that are not known for certain.
	Assumptions Assumptions
	// Deployments and Calls are when deployments and calls end. By default, they end as soon as their work is done.
	// See [Emulator.SetDeployments] and [Emulator.SetCalls].
	Deployments, Calls Transition
	// NonceLifetime is how long a nonce is valid. The default is 60 seconds.
	NonceLifetime time.Duration
	// TokenLifetime is how long an access token is valid. The default is 1 hour.
	TokenLifetime time.Duration
	// Clients maps client ids to secrets. If it is not nil, only these clients get tokens and sessions, and only tokens
	// that this emulator issued are valid. If it is nil, every client and every bearer token is accepted.
	Clients map[string]string
	// ValidateResponses checks each response against the API description. A response that violates it is logged and
	// replaced by an error with status 500. RunT sets it.
	ValidateResponses bool
	// Logger receives the log of the emulator: requests at debug level, internal errors at error level. The default
	// discards it.
	Logger *slog.Logger
}

// Limits bounds what functions and calls may use. A zero field means the default, which its comment names.
type Limits struct {
	// TimeoutMinutes is the maximum duration of a call in minutes, as reported by the API. The default is 9, and 10 on Azure
	// and AWS.
	TimeoutMinutes int
	// CallTimeout is the maximum duration of a call that the emulator enforces. The default is TimeoutMinutes.
	CallTimeout time.Duration
	// DeployTimeout is the maximum duration of a deployment. The default is 10 minutes.
	DeployTimeout time.Duration
	// CPU is the range of cores of a function, checked at creation only. The default is 1 to 3, and 1 on Azure and AWS; 1
	// for a function that does not specify it.
	CPU CPURange
	// Memory is the range of memory of a function in GB, checked at creation only. The default is 1.5 to 5, 2 on Azure and
	// 1.5 on AWS; 1.5 for a function that does not specify it, and 2 on Azure.
	Memory MemoryRange
	// Runtimes are the available runtimes. The default is all runtimes of the API description that are not withdrawn. A
	// function that does not specify a runtime gets py313, or the last of Runtimes if that is not available.
	Runtimes []string
	// DataBytes is the maximum size of the input data of a call or a schedule, in bytes of JSON. The default is
	// 9,000,000, 36,000 on Azure and 240,000 on AWS.
	DataBytes int
	// ResponseBytes is the maximum size of the response of a call, in bytes of JSON. The default is 1 MiB.
	ResponseBytes int
	// FileBytes is the maximum size of an uploaded file in bytes. The default is 512 MiB.
	FileBytes int64
	// Functions is the maximum number of functions in the project. The default is 100.
	Functions int
	// Schedules is the maximum number of schedules in the project. The default is 1000.
	Schedules int
	// SchedulesPerFunction is the maximum number of schedules of one function. The default is 100.
	SchedulesPerFunction int
	// RunningCalls is the maximum number of running calls in the project. The default is 250.
	RunningCalls int
	// RunningCallsPerFunction is the maximum number of running calls of one function. The default is 100.
	RunningCallsPerFunction int
}

// Cloud is the cloud on which a project runs.
type Cloud = service.Cloud

// The clouds. Limits, timeouts, the size of input data, and cores and memory differ. On Azure and AWS, cores and memory are
// fixed, and the limits of the project do not contain the size of responses.
const (
	GCP   = service.GCP
	Azure = service.Azure
	AWS   = service.AWS
)

// CPURange is a range of cores with a default.
type CPURange = gen.CPURange

// MemoryRange is a range of memory in GB with a default.
type MemoryRange = gen.MemoryRange

func (o Options) withDefaults() Options {
	o.Addr = cmp.Or(o.Addr, "127.0.0.1:0")
	o.Project = cmp.Or(o.Project, "emulator")
	o.NonceLifetime = cmp.Or(o.NonceLifetime, time.Minute)
	o.TokenLifetime = cmp.Or(o.TokenLifetime, time.Hour)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	return o
}

// projectName matches names that need no escaping in URLs and tokens.
var projectName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (o Options) check() error {
	if !projectName.MatchString(o.Project) {
		return fmt.Errorf("the project %q is not valid: use letters, digits, dashes and underscores", o.Project)
	}
	for _, handlers := range []map[string]Handler{o.Handlers, o.Overrides} {
		for _, name := range slices.Sorted(maps.Keys(handlers)) {
			if err := checkHandler(name, handlers[name]); err != nil {
				return err
			}
		}
	}
	return cmp.Or(checkProfile(o.Cloud, o.Assumptions), o.Deployments.Check(), o.Calls.Check(), httpapi.CheckAddr(o.Addr, o.AllowRemote))
}
