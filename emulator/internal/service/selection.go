package service

import (
	"encoding/base64"
	"iter"
	"math"
	"strconv"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// limitOr returns the limit that was asked for, or a default.
func limitOr[N int32 | int64](limit *N, otherwise int) int {
	if limit == nil {
		return otherwise
	}
	return int(min(int64(*limit), math.MaxInt32))
}

// selection returns the first values that match, at most limit, and the place of the last one if more follow.
func selection[T any](rows iter.Seq2[store.Place, store.Row[T]], limit int, matches func(*T) bool) ([]*T, store.Place, error) {
	var found []*T
	var last store.Place
	for place, row := range rows {
		if row.Err != nil {
			return nil, 0, row.Err
		}
		if !matches(row.Value) {
			continue
		}
		if len(found) == limit {
			return found, last, nil
		}
		found, last = append(found, row.Value), place
	}
	return found, 0, nil
}

// cursorOf writes a place as an opaque cursor; the place 0, the end, has none.
func cursorOf(last store.Place) *string {
	if last == 0 {
		return nil
	}
	return new(base64.RawURLEncoding.EncodeToString(strconv.AppendUint([]byte("after:"), uint64(last), 10)))
}

// placeOf reads a cursor; nil and "" mean the beginning.
func placeOf(cursor *string) (store.Place, error) {
	if cursor == nil || *cursor == "" {
		return 0, nil
	}
	refused := envelope.BadRequest("the cursor is not valid: use the nextCursor of the page before")
	plain, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil || len(plain) < len("after:") || string(plain[:len("after:")]) != "after:" {
		return 0, refused
	}
	place, err := strconv.ParseUint(string(plain[len("after:"):]), 10, 64)
	if err != nil || place == 0 {
		return 0, refused
	}
	return store.Place(place), nil
}

// equals says whether a value is the wanted one; nil wants nothing.
func equals[T comparable](want *T, got T) bool { return want == nil || *want == got }

// within says whether a time lies in a range, ends included. A time that is absent lies in no range.
func within(span *gen.TimestampRange, at int64) bool {
	if span == nil {
		return true
	}
	return at != 0 && (span.Min == nil || at >= *span.Min) && (span.Max == nil || at <= *span.Max)
}

// holds says whether all wanted pairs are there.
func holds(want, got map[string]string) bool {
	for key, value := range want {
		if found, ok := got[key]; !ok || found != value {
			return false
		}
	}
	return true
}
