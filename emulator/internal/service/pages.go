package service

import (
	"encoding/base64"
	"iter"
	"math"
	"strconv"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// limitOr returns the limit that was asked for, or a default.
func limitOr[N int32 | int64](limit *N, otherwise int) int {
	if limit == nil {
		return otherwise
	}
	return int(min(int64(*limit), math.MaxInt32))
}

// unlimited is the limit of a selection of all values.
const unlimited = math.MaxInt

// selection returns what keep makes of the first values that it keeps, at most limit, and the place of the last one if more
// follow.
func selection[T, V any](rows iter.Seq2[store.Position, store.Row[T]], limit int, keep func(*T) (V, bool)) ([]V, store.Position, error) {
	found := []V{}
	var last store.Position
	for place, row := range rows {
		if row.Err != nil {
			return nil, 0, row.Err
		}
		kept, ok := keep(row.Value)
		if !ok {
			continue
		}
		if len(found) == limit {
			return found, last, nil
		}
		found, last = append(found, kept), place
	}
	return found, 0, nil
}

// cursorOf writes a place as an opaque cursor; the place 0, the end, has none.
func cursorOf(last store.Position) *string {
	if last == 0 {
		return nil
	}
	return new(base64.RawURLEncoding.EncodeToString(strconv.AppendUint([]byte("after:"), uint64(last), 10)))
}

// placeOf reads a cursor; nil and "" mean the beginning.
func placeOf(cursor *string) (store.Position, error) {
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
	return store.Position(place), nil
}
