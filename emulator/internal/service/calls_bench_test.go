package service_test

import (
	"errors"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// BenchmarkListCalls measures a list of 10,000 calls, without a filter and with filters that all calls match.
func BenchmarkListCalls(b *testing.B) {
	const number = 10_000
	state, err := store.Open(store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	s, err := service.New(benchmarkConfig(state))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(s.Close(), state.Close()); err != nil {
			b.Error(err)
		}
	})
	now := time.Now().UnixMilli() // old calls would be removed
	err = state.Update(b.Context(), func(tx *store.Tx) error {
		if err := tx.AddFunction(&store.Function{ID: 1}); err != nil {
			return err
		}
		for id := range int64(number) {
			call := &store.Call{ID: id + 1, FunctionID: 1, Status: gen.FunctionCallStatusCompleted, StartTime: now, EndTime: now + id}
			if err := tx.Calls(1).Put(call); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	for name, filter := range map[string]*gen.FunctionCallFilter{
		"no filter":  nil,
		"one field":  {Status: new(gen.FunctionCallStatusCompleted)},
		"two fields": {Status: new(gen.FunctionCallStatusCompleted), StartTime: &gen.TimestampRange{Min: new(int64(1))}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				response, err := s.ListFunctionCalls(b.Context(), server.ListFunctionCallsRequestObject{
					FunctionID: 1, Body: &gen.FunctionCallListRequest{Filter: filter, Limit: new(int32(number))},
				})
				if list, ok := response.(server.ListFunctionCalls200JSONResponse); err != nil || !ok || len(list.Items) != number {
					b.Fatal(response, err)
				}
			}
		})
	}
}

func benchmarkConfig(state *store.Store) service.Config {
	c := config(nil, service.Limits{})
	c.Store, c.NonceLifetime = state, time.Minute
	return c
}
