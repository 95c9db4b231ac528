package functions

import (
	"context"
	"fmt"
	"iter"
)

// Unlimited as a limit asks for everything.
const Unlimited = -1

const (
	// defaultLimit is what List returns at most when no limit is given, as in the Python SDK.
	defaultLimit = 25
	// longestList is what the lists without a cursor are asked for at most; it is known to be accepted.
	longestList = 10_000
	// pageSize is how many items each page of a list with a cursor is asked for.
	pageSize = 1_000
)

// ListOption changes how much a list returns.
type ListOption func(*listOptions)

type listOptions struct {
	limit int
	page  int
}

// WithLimit bounds how many items come back: n above zero is the greatest number, Unlimited asks for everything, 0 for
// the default, which is 25 in List and everything in All. Numbers below -1 are refused.
func WithLimit(n int) ListOption { return func(o *listOptions) { o.limit = n } }

// WithPageSize sets how many items each request asks for where the API has cursors; the default is 1000.
func WithPageSize(n int) ListOption { return func(o *listOptions) { o.page = n } }

// listSettings resolves opts; the limit it returns is Unlimited or above zero.
func listSettings(limit int, opts []ListOption) (listOptions, error) {
	o := listOptions{page: pageSize}
	for _, opt := range opts {
		opt(&o)
	}
	if o.limit == 0 {
		o.limit = limit
	}
	if o.limit < Unlimited {
		return o, &ArgumentError{Field: "limit", Rule: fmt.Sprintf("is %d; use a number above zero or functions.Unlimited", o.limit)}
	}
	if o.page < 1 {
		return o, &ArgumentError{Field: "page size", Rule: fmt.Sprintf("is %d; use a number above zero", o.page)}
	}
	return o, nil
}

// TruncatedError says that a list without a cursor filled the longest answer that can be asked for, so that there may be
// more that nobody can see. Narrow the filter, for example by CreatedTime.
type TruncatedError struct {
	// Operation is the id of the operation, for example "listFunctions".
	Operation string
	// Limit is how many items were asked for and came back.
	Limit int
}

// Error says in one sentence what happened and what to do about it.
func (e *TruncatedError) Error() string {
	return fmt.Sprintf("functions: %s returned %d items, all it can return at once, so that more may exist; narrow the filter, for example by CreatedTime",
		e.Operation, e.Limit)
}

// single walks a list that the API returns in one piece: everything is one request for the longest list.
func single[T any](operation string, o listOptions, fetch func(limit int32) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		want := o.limit
		if want == Unlimited || want > longestList {
			want = longestList
		}
		items, err := fetch(int32(want))
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, item := range items[:min(len(items), want)] {
			if !yield(item, nil) {
				return
			}
		}
		if want != o.limit && len(items) >= want {
			var none T
			yield(none, &TruncatedError{Operation: operation, Limit: want})
		}
	}
}

// pages walks a list with a cursor, one page in memory at a time. Its state lies inside, so that a sequence can be
// ranged over again. A cursor that came before would lead around in a circle for ever, and therefore ends the walk.
func pages[T any](ctx context.Context, o listOptions, fetch func(ctx context.Context, limit int32, cursor *string) ([]T, *string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var cursor *string
		followed := map[string]bool{}
		for left := o.limit; left != 0; {
			want := o.page
			if left > 0 {
				want = min(left, want)
			}
			items, next, err := fetch(ctx, int32(min(want, longestList)), cursor) //nolint:gosec // bounded by longestList
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
				if left--; left == 0 {
					return
				}
			}
			if next == nil || *next == "" || followed[*next] {
				return
			}
			cursor, followed[*next] = next, true
		}
	}
}

// failed is a sequence of one error.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// collect gathers a sequence into a slice, up to its first error.
func collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for item, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}
