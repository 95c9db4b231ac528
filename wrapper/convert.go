package functions

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// TimeRange is a range of times in milliseconds. Both ends are inclusive. The zero range matches everything.
type TimeRange struct {
	// From and To are the first and the last matching time. The zero time leaves that end open.
	From, To time.Time
}

func (r TimeRange) wire() *gen.TimestampRange {
	if r.From.IsZero() && r.To.IsZero() {
		return nil
	}
	w := &gen.TimestampRange{}
	if !r.From.IsZero() {
		w.Min = new(r.From.UnixMilli())
	}
	if !r.To.IsZero() {
		w.Max = new(r.To.UnixMilli())
	}
	return w
}

// milliseconds converts a timestamp of the API. nil and 0 give the zero time.
func milliseconds(ms *int64) time.Time {
	if ms == nil || *ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(*ms)
}

// optional returns nil for the zero value, which is then not sent.
func optional[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// deref returns the zero value for nil.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func each[T, V any](list []T, convert func(T) V) []V {
	values := make([]V, len(list))
	for i, item := range list {
		values[i] = convert(item)
	}
	return values
}

func find[T any](list []*T, matches func(*T) bool) *T {
	if i := slices.IndexFunc(list, matches); i >= 0 {
		return list[i]
	}
	return nil
}

// oneLineOf formats a list as one line.
func oneLineOf[T fmt.Stringer](list []T) string {
	items := each(list, func(item T) string { return fmt.Sprint(item) }) // also handles nil
	return "[" + strings.Join(items, "; ") + "]"
}
