package service

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// Limits are the limits of the project, with the fields of emulator.Limits. [Limits.WithDefaults] replaces zero fields.
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

// WithDefaults replaces zero fields with the documented limits of a project on a cloud. DeployTimeout and FileBytes are
// guesses, because their limits are not documented, and so is ResponseBytes on Azure and AWS.
func (l Limits) WithDefaults(cloud Cloud) Limits {
	defaults := cloud.limits()
	l.TimeoutMinutes = cmp.Or(l.TimeoutMinutes, defaults.timeoutMinutes)
	l.CallTimeout = cmp.Or(l.CallTimeout, time.Duration(l.TimeoutMinutes)*time.Minute)
	l.DeployTimeout = cmp.Or(l.DeployTimeout, 10*time.Minute)
	if l.CPU.Max == 0 {
		l.CPU = defaults.cpu
	}
	if l.Memory.Max == 0 {
		l.Memory = defaults.memory
	}
	if l.Runtimes == nil {
		l.Runtimes = offeredRuntimes()
	}
	l.DataBytes = cmp.Or(l.DataBytes, defaults.dataBytes)
	l.ResponseBytes = cmp.Or(l.ResponseBytes, 1<<20)
	l.FileBytes = cmp.Or(l.FileBytes, 512<<20)
	l.Functions = cmp.Or(l.Functions, 100)
	l.Schedules = cmp.Or(l.Schedules, 1000)
	l.SchedulesPerFunction = cmp.Or(l.SchedulesPerFunction, 100)
	l.RunningCalls = cmp.Or(l.RunningCalls, 250)
	l.RunningCallsPerFunction = cmp.Or(l.RunningCallsPerFunction, 100)
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

// defaultRuntime returns the runtime of functions that do not set one: the documented default of 2026 if it is offered,
// otherwise the newest runtime.
func (l Limits) defaultRuntime() gen.FunctionRuntime {
	if documented := gen.FunctionRuntimePy313; slices.Contains(l.Runtimes, string(documented)) {
		return documented
	}
	return gen.FunctionRuntime(l.Runtimes[len(l.Runtimes)-1])
}

// FunctionsLimits returns the limits of the project.
func (s *Service) FunctionsLimits(context.Context, server.FunctionsLimitsRequestObject) (server.FunctionsLimitsResponseObject, error) {
	limits := server.FunctionsLimitsJSONResponse{
		TimeoutMinutes: s.profile().Limits.TimeoutMinutes,
		CPUCores:       s.profile().Limits.CPU,
		MemoryGB:       s.profile().Limits.Memory,
		Runtimes:       s.profile().Limits.Runtimes,
	}
	if s.profile().Cloud.limits().showsResponseSize {
		limits.ResponseSizeMB = new(int(math.Ceil(float64(s.profile().Limits.ResponseBytes) / (1 << 20))))
	}
	return server.FunctionsLimits200JSONResponse{FunctionsLimitsJSONResponse: limits}, nil
}
