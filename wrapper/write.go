package functions

import (
	"context"
	"maps"
)

// AsWrite returns what would create the same function again, as a copy that shares no memory with f. Two things cannot be
// read back: secrets come as three stars, which Create refuses, naming the keys, so that they can be neither lost nor
// overwritten unnoticed; and the package indexes are absent. Use it with FileID(f.FileID) as the source.
func (f *Function) AsWrite() FunctionWrite {
	return FunctionWrite{
		CPU:          clone(f.CPU),
		Description:  clone(f.Description),
		EnvVars:      maps.Clone(f.EnvVars),
		ExternalID:   clone(f.ExternalID),
		FileID:       f.FileID,
		FunctionPath: clone(f.FunctionPath),
		Memory:       clone(f.Memory),
		Metadata:     maps.Clone(f.Metadata),
		Name:         f.Name,
		Owner:        clone(f.Owner),
		Runtime:      clone(f.Runtime),
		Secrets:      maps.Clone(f.Secrets),
	}
}

// AsWrite returns what would create the same schedule again, as a copy that shares no memory with s. The service shows the
// input data only when asked for it alone, so this is a request. The nonce is left empty: Create makes a new session.
func (s *Schedule) AsWrite(ctx context.Context) (ScheduleWrite, error) {
	data, err := s.InputData(ctx)
	if err != nil {
		return ScheduleWrite{}, err
	}
	functionID := deref(s.FunctionID)
	if functionID == 0 && s.FunctionExternalID != nil {
		fn, err := s.client.Retrieve(ctx, ExternalID(*s.FunctionExternalID))
		if err != nil {
			return ScheduleWrite{}, err
		}
		functionID = fn.ID
	}
	return ScheduleWrite{
		CronExpression: s.CronExpression,
		Data:           data,
		Description:    clone(s.Description),
		FunctionID:     functionID,
		Name:           s.Name,
	}, nil
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// Known reports whether a status, runtime or type is one that this version knows. The service adds values over time, which
// are kept as they came.
func Known(value interface{ Valid() bool }) bool { return value.Valid() }
