package service

import (
	"encoding/base64"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// limitOr returns the limit of a request, or the default.
func limitOr[N int32 | int64](limit *N, defaultLimit int) int {
	if limit == nil {
		return defaultLimit
	}
	return int(min(int64(*limit), math.MaxInt32))
}

// unlimited is the limit of collect for all values.
const unlimited = math.MaxInt

// collect calls convert for each row and returns the values for which convert returns true, at most limit. If there are
// more values, it also returns the position of the last returned value, otherwise 0.
func collect[T, V any](rows iter.Seq2[store.Position, store.Row[T]], limit int, convert func(*T) (V, bool)) ([]V, store.Position, error) {
	found := []V{}
	var last store.Position
	for position, row := range rows {
		if row.Err != nil {
			return nil, 0, row.Err
		}
		value, ok := convert(row.Value)
		if !ok {
			continue
		}
		if len(found) == limit {
			return found, last, nil
		}
		found, last = append(found, value), position
	}
	return found, 0, nil
}

const cursorPrefix = "after:"

// encodeCursor returns the cursor of a position, or nil for position 0, the end.
func encodeCursor(last store.Position) *string {
	if last == 0 {
		return nil
	}
	return new(base64.RawURLEncoding.EncodeToString(strconv.AppendUint([]byte(cursorPrefix), uint64(last), 10)))
}

// decodeCursor returns the position of a cursor. nil and "" mean the beginning.
func decodeCursor(cursor *string) (store.Position, error) {
	if cursor == nil || *cursor == "" {
		return 0, nil
	}
	rejected := envelope.BadRequest("the cursor is not valid: use the nextCursor of the page before")
	plain, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return 0, rejected
	}
	number, ok := strings.CutPrefix(string(plain), cursorPrefix)
	if !ok {
		return 0, rejected
	}
	position, err := strconv.ParseUint(number, 10, 64)
	if err != nil || position == 0 {
		return 0, rejected
	}
	return store.Position(position), nil
}
