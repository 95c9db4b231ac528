package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/functionstest"
	functions "github.com/cogfn/cogfn/wrapper"
)

// score is the function in Go, so that the test needs no Python.
func score(_ context.Context, call *emulator.Call) (any, error) {
	var reading Reading
	if err := json.Unmarshal(call.Data, &reading); err != nil {
		return nil, err
	}
	if reading.Limit == 0 {
		return nil, errors.New("ZeroDivisionError: division by zero")
	}
	return Score{Score: reading.Value / reading.Limit}, nil
}

func TestDeployAndScore(t *testing.T) {
	t.Parallel()
	client, _ := functionstest.Run(t, emulator.Options{Overrides: map[string]emulator.Handler{externalID: score}})
	changes, err := deployScorer(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(changes.String(), externalID) {
		t.Errorf("the plan does not name the function: %s", changes)
	}
	now := time.Date(2026, time.May, 1, 7, 0, 0, 0, time.UTC)
	if next, err := scheduleScorer(t.Context(), client, now); err != nil || next.Sub(now) != 23*time.Hour {
		t.Errorf("next call = %v, %v; want 23 hours after %v", next, err, now)
	}
	scores, err := scoreAll(t.Context(), client, []Reading{
		{Sensor: "pump-1", Value: 40, Limit: 80}, {Sensor: "pump-2"}, {Sensor: "pump-3", Value: 90, Limit: 60},
	})
	if want := []Score{{"pump-1", 0.5}, {"pump-3", 1.5}}; !slices.Equal(scores, want) {
		t.Errorf("scores = %v; want %v", scores, want)
	}
	if call, ok := errors.AsType[*functions.CallError](err); !ok || !strings.Contains(call.Message, "ZeroDivisionError") {
		t.Errorf("error = %v; want a *functions.CallError with the message of the function", err)
	}
	if err == nil || !strings.Contains(err.Error(), "pump-2") {
		t.Errorf("error = %v; want one that names the sensor", err)
	}
}
