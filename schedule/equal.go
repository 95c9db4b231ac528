package schedule

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// equals reports whether s has the cron expression, description and input data of w.
func equals(ctx context.Context, s *functions.Schedule, w functions.ScheduleWrite) (bool, error) {
	cron := func(expression string) string { return strings.Join(strings.Fields(expression), " ") }
	if cron(s.CronExpression) != cron(w.CronExpression) || deref(s.Description) != deref(w.Description) {
		return false, nil
	}
	data, err := s.InputData(ctx)
	if err != nil {
		return false, err
	}
	return equalData(data, w.Data), nil
}

// equalData compares input data as JSON. No data equals an empty object. Invalid JSON equals nothing.
func equalData(a, b json.RawMessage) bool {
	left, leftErr := decode(a)
	right, rightErr := decode(b)
	return leftErr == nil && rightErr == nil && equalJSON(left, right)
}

func decode(data json.RawMessage) (value any, err error) {
	if data = bytes.TrimSpace(data); len(data) == 0 || string(data) == "null" {
		return map[string]any{}, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // float64 would make different large ids equal
	err = decoder.Decode(&value)
	return value, err
}

func equalJSON(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, ok := b[key]
			if !ok || !equalJSON(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equalJSON(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && equalNumber(a, b)
	}
	return a == b
}

// equalNumber treats 1, 1.0 and 1e0 as equal and compares integers exactly, also those beyond the precision of float64.
func equalNumber(a, b json.Number) bool {
	_, intA := a.Int64()
	_, intB := b.Int64()
	if a == b || intA == nil && intB == nil {
		return a == b
	}
	x, errA := a.Float64()
	y, errB := b.Float64()
	return errA == nil && errB == nil && x == y
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
