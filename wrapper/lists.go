package functions

import (
	"context"
	"iter"
	"slices"
)

// FunctionList is functions in the order in which the service returned them.
type FunctionList []*Function

// IDs returns the functions' ids.
func (l FunctionList) IDs() []int64 {
	return each(l, func(f *Function) int64 { return f.ID })
}

// ExternalIDs returns the external ids of the functions that have one.
func (l FunctionList) ExternalIDs() []string {
	var ids []string
	for _, f := range l {
		if f.ExternalID != nil {
			ids = append(ids, *f.ExternalID)
		}
	}
	return ids
}

// Get returns the function with an id or external id, or nil if none is in the list.
func (l FunctionList) Get(fn Identifier) *Function {
	return find(l, func(f *Function) bool {
		return f.ID == fn.id || fn.externalID != "" && f.ExternalID != nil && *f.ExternalID == fn.externalID
	})
}

// AsWrite converts every function; see Function.AsWrite.
func (l FunctionList) AsWrite() []FunctionWrite {
	return each(l, (*Function).AsWrite)
}

// CallList is calls in the order in which the service returned them.
type CallList []*Call

// IDs returns the calls' ids.
func (l CallList) IDs() []int64 {
	return each(l, func(c *Call) int64 { return c.ID })
}

// Get returns the call with an id, or nil if none is in the list.
func (l CallList) Get(id int64) *Call {
	return find(l, func(c *Call) bool { return c.ID == id })
}

// ScheduleList is schedules in the order in which the service returned them.
type ScheduleList []*Schedule

// IDs returns the schedules' ids.
func (l ScheduleList) IDs() []int64 {
	return each(l, func(s *Schedule) int64 { return s.ID })
}

// Get returns the schedule with an id, or nil if none is in the list.
func (l ScheduleList) Get(id int64) *Schedule {
	return find(l, func(s *Schedule) bool { return s.ID == id })
}

// AsWrite converts every schedule, reading the input data of each; see Schedule.AsWrite.
func (l ScheduleList) AsWrite(ctx context.Context) ([]ScheduleWrite, error) {
	writes := make([]ScheduleWrite, 0, len(l))
	for _, s := range l {
		w, err := s.AsWrite(ctx)
		if err != nil {
			return nil, err
		}
		writes = append(writes, w)
	}
	return writes, nil
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

// unique returns the ids without repetitions, in their order. The API refuses requests with repeated ids.
func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		repeated := seen[id]
		seen[id] = true
		return repeated
	})
}

// inOrder puts what the service returned into the order of the ids asked for; what it left out stays out.
func inOrder[T any](ids []int64, found []*T, idOf func(*T) int64) []*T {
	byID := make(map[int64]*T, len(found))
	for _, item := range found {
		byID[idOf(item)] = item
	}
	ordered := make([]*T, 0, len(ids))
	for _, id := range ids {
		if item := byID[id]; item != nil {
			ordered = append(ordered, item)
		}
	}
	return ordered
}

// Chunk gathers the items of a sequence into slices of n, the last one shorter, as in
//
//	for functions, err := range functions.Chunk(client.All(ctx, filter), 100) { … }
//
// An error comes last and once, after the items before it. n below 1 counts as 1.
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
