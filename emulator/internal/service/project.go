package service

import (
	"context"
	"math"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

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

// GetFunctionsStatus says that functions may be used: the emulator has nothing to activate.
func (s *Service) GetFunctionsStatus(context.Context, server.GetFunctionsStatusRequestObject) (server.GetFunctionsStatusResponseObject, error) {
	return server.GetFunctionsStatus200JSONResponse{FunctionsStatusJSONResponse: activated()}, nil
}

// PostFunctionsStatus answers like GetFunctionsStatus, which is what the service does once functions are active.
func (s *Service) PostFunctionsStatus(context.Context, server.PostFunctionsStatusRequestObject) (server.PostFunctionsStatusResponseObject, error) {
	return server.PostFunctionsStatus202JSONResponse{FunctionsStatusJSONResponse: activated()}, nil
}

func activated() server.FunctionsStatusJSONResponse {
	return server.FunctionsStatusJSONResponse{Status: gen.ActivationStatusActivated}
}
