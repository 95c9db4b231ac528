package functions

import (
	"context"
	"fmt"
	"iter"
)

// Unlimited is the limit that requests all items.
const Unlimited = -1

const (
	// defaultLimit is the limit of List without WithLimit, as in the Python SDK.
	defaultLimit = 25
	// longestList is the largest limit of a request. The service accepts it.
	longestList = 10_000
	// pageSize is the number of items on a page of a list with a cursor.
	pageSize = 1_000
)

// ListOption changes the number of listed items.
type ListOption func(*listOptions)

type listOptions struct {
	limit int
	page  int
}

// WithLimit limits the number of items. Above zero, n is the largest number. [Unlimited] requests all items. 0 is the
// default: 25 in List and all items in All. Numbers below -1 are an error.
func WithLimit(n int) ListOption { return func(o *listOptions) { o.limit = n } }

// WithPageSize sets the number of items in each request where the API has cursors. The default is 1,000.
func WithPageSize(n int) ListOption { return func(o *listOptions) { o.page = n } }

// listSettings applies opts. The limit in its result is Unlimited or above zero.
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

// TruncatedError reports that a list without a cursor reached the largest size of a response, so more items may exist.
// Narrow the filter, for example by CreatedTime.
type TruncatedError struct {
	// Kind is the kind of the items: "functions" or "schedules".
	Kind string
	// Limit is the number of requested and returned items.
	Limit int
}

// Error returns one sentence that says what to do.
func (e *TruncatedError) Error() string {
	return fmt.Sprintf("functions: the list of %s is incomplete: the service returns at most %d at once; narrow the filter, for example by CreatedTime",
		e.Kind, e.Limit)
}

// single iterates over a list that the API returns in one response.
func single[T any](kind string, o listOptions, fetch func(limit int32) ([]T, error)) iter.Seq2[T, error] {
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
			yield(none, &TruncatedError{Kind: kind, Limit: want})
		}
	}
}

// pages iterates over a list with a cursor and keeps one page in memory. The state is local to each range, so the sequence
// can be ranged over again. A repeated cursor ends the iteration, which would otherwise never end.
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

// failed returns a sequence of one error.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// collect returns the items of a sequence as a slice.
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

// Chunk groups the items of a sequence into slices of n. The last slice may be shorter.
//
//	for functions, err := range functions.Chunk(client.All(ctx, filter), 100) { … }
//
// An error is the last element, after the items before it. n below 1 counts as 1.
func Chunk[T any](seq iter.Seq2[T, error], n int) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		var chunk []T
		for item, err := range seq {
			if err != nil {
				if len(chunk) == 0 || yield(chunk, nil) {
					yield(nil, err)
				}
				return
			}
			if chunk = append(chunk, item); len(chunk) >= n {
				if !yield(chunk, nil) {
					return
				}
				chunk = nil
			}
		}
		if len(chunk) > 0 {
			yield(chunk, nil)
		}
	}
}
