package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// numberList is a paginated list of the numbers from 0 to total-1.
type numberList struct {
	total    int
	requests int
	limits   []int32
}

func (l *numberList) fetch(_ context.Context, limit int32, cursor *string) (items []int, next *string, err error) {
	l.requests++
	l.limits = append(l.limits, limit)
	start := 0
	if cursor != nil {
		if start, err = strconv.Atoi(*cursor); err != nil {
			return nil, nil, err
		}
	}
	end := min(start+int(limit), l.total)
	for i := start; i < end; i++ {
		items = append(items, i)
	}
	if end < l.total {
		next = new(strconv.Itoa(end))
	}
	return items, next, nil
}

func upTo(n int) []int {
	var all []int
	for i := range n {
		all = append(all, i)
	}
	return all
}

// For any page size, total and limit, pages yields the items in order, up to the limit, with the fewest possible requests. A
// second range yields the same.
func TestPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(0, 60).Draw(t, "total")
		page := rapid.IntRange(1, 25).Draw(t, "page")
		limit := rapid.OneOf(rapid.Just(Unlimited), rapid.IntRange(1, 80)).Draw(t, "limit")
		l := &numberList{total: total}
		seq := pages(context.Background(), listOptions{limit: limit, page: page}, l.fetch)
		want := total
		if limit > 0 {
			want = min(limit, total)
		}
		fewest := max(1, (want+page-1)/page)
		for round := 1; round <= 2; round++ {
			l.requests = 0
			got, err := collect(seq)
			if diff := cmp.Diff(upTo(want), got); diff != "" || err != nil {
				t.Fatalf("range %d: error %v, items (-want +got):\n%s", round, err, diff)
			}
			if l.requests != fewest {
				t.Fatalf("range %d: %d requests, want %d", round, l.requests, fewest)
			}
		}
	})
}

// A range that stops early sends no further requests.
func TestPagesBreak(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		page := rapid.IntRange(1, 10).Draw(t, "page")
		stop := rapid.IntRange(1, 50).Draw(t, "stop")
		l := &numberList{total: 1000}
		n := 0
		for item, err := range pages(context.Background(), listOptions{limit: Unlimited, page: page}, l.fetch) {
			if err != nil || item != n {
				t.Fatalf("item %d = %d, %v", n, item, err)
			}
			if n++; n == stop {
				break
			}
		}
		if want := (stop + page - 1) / page; l.requests != want {
			t.Fatalf("%d requests for %d items in pages of %d, want %d", l.requests, stop, page, want)
		}
	})
}

func TestPagesWithUnusualResponses(t *testing.T) {
	t.Parallel()
	type page struct {
		items []int
		next  *string
		err   error
	}
	broken := errors.New("broken")
	tests := map[string]struct {
		pages []page
		limit int
		want  []int
		err   error
	}{
		"empty page with a cursor": {[]page{{nil, new("a"), nil}, {[]int{1}, nil, nil}}, Unlimited, []int{1}, nil},
		"empty cursor":             {[]page{{[]int{1}, new(""), nil}}, Unlimited, []int{1}, nil},
		"repeated cursor":          {[]page{{[]int{1}, new("a"), nil}, {[]int{2}, new("a"), nil}}, Unlimited, []int{1, 2}, nil},
		"cycle of cursors": {
			[]page{{[]int{1}, new("a"), nil}, {[]int{2}, new("b"), nil}, {[]int{3}, new("a"), nil}}, Unlimited, []int{1, 2, 3}, nil,
		},
		"more items than the limit": {[]page{{[]int{1, 2, 3}, new("a"), nil}}, 2, []int{1, 2}, nil},
		"empty last page":           {[]page{{[]int{1}, new("a"), nil}, {nil, nil, nil}}, Unlimited, []int{1}, nil},
		"error on the second page":  {[]page{{[]int{1}, new("a"), nil}, {nil, nil, broken}}, Unlimited, []int{1}, broken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 0
			seq := pages(t.Context(), listOptions{limit: test.limit, page: 10}, func(context.Context, int32, *string) ([]int, *string, error) {
				if n == len(test.pages) {
					t.Fatal("unexpected request")
				}
				p := test.pages[n]
				n++
				return p.items, p.next, p.err
			})
			var got []int
			var errs []error
			for item, err := range seq {
				if err != nil {
					errs = append(errs, err)
					continue
				}
				got = append(got, item)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("items (-want +got):\n%s", diff)
			}
			check(t, "error", errors.Join(errs...) != nil, test.err != nil)
			check(t, "matches the error of the page", errors.Is(errors.Join(errs...), test.err), true)
			check(t, "requests", n, len(test.pages))
		})
	}
}

func TestPagesLimitOfRequest(t *testing.T) {
	t.Parallel()
	l := &numberList{total: 5}
	if _, err := collect(pages(t.Context(), listOptions{limit: Unlimited, page: math.MaxInt32}, l.fetch)); err != nil {
		t.Fatal(err)
	}
	check(t, "limit", l.limits[0], longestList)
}

func TestWithLimit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		opts  []ListOption
		list  int    // the limit that List sends
		all   int    // the limit that All sends
		field string // of the error of both, "" for none
	}{
		"none":        {nil, 25, 10_000, ""},
		"0":           {[]ListOption{WithLimit(0)}, 25, 10_000, ""},
		"1":           {[]ListOption{WithLimit(1)}, 1, 1, ""},
		"10000":       {[]ListOption{WithLimit(10_000)}, 10_000, 10_000, ""},
		"20000":       {[]ListOption{WithLimit(20_000)}, 10_000, 10_000, ""},
		"-1":          {[]ListOption{WithLimit(Unlimited)}, 10_000, 10_000, ""},
		"-2":          {[]ListOption{WithLimit(-2)}, 0, 0, "limit"},
		"page size 0": {[]ListOption{WithPageSize(0)}, 0, 0, "page size"},
		"twice":       {[]ListOption{WithLimit(3), WithLimit(4)}, 4, 4, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script []responder
			if test.field == "" {
				script = times(2, respond(200, noFunctions))
			}
			c, f := newFakeClient(t, script)
			_, listErr := c.List(t.Context(), Filter{}, test.opts...)
			_, allErr := collect(c.All(t.Context(), Filter{}, test.opts...))
			for _, err := range []error{listErr, allErr} {
				if test.field != "" {
					check(t, "field", errorAs[*ArgumentError](t, err).Field, test.field)
					checkKinds(t, err, ErrInvalid)
				} else if err != nil {
					t.Error(err)
				}
			}
			for i, want := range []int{test.list, test.all}[:len(f.requests)] {
				check(t, "body", f.requests[i].Body, fmt.Sprintf(`{"filter":{},"limit":%d}`, want))
			}
			_, err := c.Calls.List(t.Context(), ID(1), CallsFilter{}, WithLimit(-2))
			checkKinds(t, err, ErrInvalid)
			_, err = collect(c.Calls.All(t.Context(), ID(1), CallsFilter{}, WithLimit(-2)))
			checkKinds(t, err, ErrInvalid)
		})
	}
}

// functionsUpTo responds to every list with as many functions as the limit of the request, at most total.
func functionsUpTo(total int) transportFunc {
	return func(req *http.Request) (*http.Response, error) {
		var body struct{ Limit int }
		if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
			return nil, err
		}
		items := make([]string, min(total, body.Limit))
		for i := range items {
			items[i] = fmt.Sprintf(`{"id":%d,"name":"f","fileId":7,"status":"Ready","createdTime":1}`, i+1)
		}
		return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
	}
}

// A list without a cursor ends with a *TruncatedError if it may be incomplete, and only then.
func TestTruncatedLists(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		total, limit, want int
		truncated          bool
	}{
		"unlimited, fewer":      {9_999, Unlimited, 9_999, false},
		"unlimited, full":       {10_000, Unlimited, 10_000, true},
		"explicit 10000":        {10_000, 10_000, 10_000, false},
		"explicit 10001, full":  {10_000, 10_001, 10_000, true},
		"explicit 10001, fewer": {50, 10_001, 50, false},
		"explicit 5 of many":    {10_000, 5, 5, false},
		"explicit 5 of 3":       {3, 5, 3, false},
		"unlimited, none":       {0, Unlimited, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, functionsUpTo(test.total), Config{})
			items, err := count(c.All(t.Context(), Filter{}, WithLimit(test.limit)))
			check(t, "items", items, test.want)
			_, listErr := c.List(t.Context(), Filter{}, WithLimit(test.limit))
			for _, err := range []error{err, listErr} {
				check(t, "truncated", err != nil, test.truncated)
				if test.truncated {
					truncated := errorAs[*TruncatedError](t, err)
					check(t, "kind", truncated.Kind, "functions")
					check(t, "limit", truncated.Limit, 10_000)
				}
			}
		})
	}
}

func count[T any](seq iter.Seq2[T, error]) (n int, err error) {
	for _, err := range seq {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func TestSingleListBreak(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, functionsUpTo(3), Config{})
	for fn, err := range c.All(t.Context(), Filter{}) {
		if err != nil || fn.ID != 1 {
			t.Errorf("got %v, %v", fn, err)
		}
		break
	}
	c, _ = newFakeClient(t, []responder{errorResponse(400, "no")})
	n := 0
	for _, err := range c.All(t.Context(), Filter{}) {
		n++
		check(t, "error", err != nil, true)
	}
	check(t, "yields", n, 1)
}
