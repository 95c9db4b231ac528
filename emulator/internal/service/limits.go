package service

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// Limits are what the project may use; a zero field means its default, as [Limits.WithDefaults] says.
type Limits struct {
	TimeoutMinutes          int
	CallTimeout             time.Duration
	DeployTimeout           time.Duration
	CPU                     gen.CPURange
	Memory                  gen.MemoryRange
	Runtimes                []string
	DataBytes               int
	ResponseBytes           int
	FileBytes               int64
	Functions               int
	Schedules               int
	SchedulesPerFunction    int
	RunningCalls            int
	RunningCallsPerFunction int
}

// WithDefaults fills zero fields in: the limits of a project on Google's cloud, as the vendor documents them. The
// longest deployment and the largest file are not documented for functions; these two are guesses.
func (l Limits) WithDefaults() Limits {
	setDefault(&l.TimeoutMinutes, 9)
	setDefault(&l.CallTimeout, time.Duration(l.TimeoutMinutes)*time.Minute)
	setDefault(&l.DeployTimeout, 10*time.Minute)
	if l.CPU.Max == 0 {
		l.CPU = gen.CPURange{Min: 1, Max: 3, Default: 1}
	}
	if l.Memory.Max == 0 {
		l.Memory = gen.MemoryRange{Min: 1.5, Max: 5, Default: 1.5}
	}
	if l.Runtimes == nil {
		l.Runtimes = offeredRuntimes()
	}
	setDefault(&l.DataBytes, 9_000_000)
	setDefault(&l.ResponseBytes, 1<<20)
	setDefault(&l.FileBytes, 512<<20)
	setDefault(&l.Functions, 100)
	setDefault(&l.Schedules, 1000)
	setDefault(&l.SchedulesPerFunction, 100)
	setDefault(&l.RunningCalls, 250)
	setDefault(&l.RunningCallsPerFunction, 100)
	return l
}

// offeredRuntimes returns the runtimes of the description that are not withdrawn.
func offeredRuntimes() []string {
	var offered []string
	for _, runtime := range gen.FunctionRuntimeValues() {
		if !slices.Contains(gen.FunctionRuntimeWithdrawn(), runtime) {
			offered = append(offered, string(runtime))
		}
	}
	return offered
}

// defaultRuntime returns the runtime of functions that ask for none: the documented default of 2026 where it is offered,
// otherwise the newest.
func (l Limits) defaultRuntime() gen.FunctionRuntime {
	if documented := gen.FunctionRuntimePy313; slices.Contains(l.Runtimes, string(documented)) {
		return documented
	}
	return gen.FunctionRuntime(l.Runtimes[len(l.Runtimes)-1])
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// FunctionsLimits shows the project's limits.
func (s *Service) FunctionsLimits(context.Context, server.FunctionsLimitsRequestObject) (server.FunctionsLimitsResponseObject, error) {
	megabytes := int(math.Ceil(float64(s.Limits.ResponseBytes) / (1 << 20)))
	return server.FunctionsLimits200JSONResponse{FunctionsLimitsJSONResponse: server.FunctionsLimitsJSONResponse{
		TimeoutMinutes: s.Limits.TimeoutMinutes,
		CPUCores:       s.Limits.CPU,
		MemoryGB:       s.Limits.Memory,
		Runtimes:       s.Limits.Runtimes,
		ResponseSizeMB: &megabytes,
	}}, nil
}
