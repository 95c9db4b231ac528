package service

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/gen"
)

// The filters of the list operations.
var (
	functionFilter = newFilter[gen.FunctionFilter, gen.Function]()
	callFilter     = newFilter[gen.FunctionCallFilter, gen.FunctionCall]()
	scheduleFilter = newFilter[gen.FunctionScheduleFilter, gen.FunctionSchedule]()
)

// filter compares each set field of F with the field of the read type V that has the same JSON name. It is derived from
// the generated types, so that a new field of a filter works if the read type has it.
type filter[F, V any] struct{ rules []rule }

// rule defines the comparison of one field of a filter.
type rule struct {
	name  string // the JSON name
	want  int    // the index of the field in the filter
	got   int    // the index of the field in the read type
	match match  // nil if the field cannot be compared
}

// match reports whether a field of the read type matches a set field of a filter.
type match func(want, got reflect.Value) bool

func newFilter[F, V any]() filter[F, V] {
	var f filter[F, V]
	view := reflect.TypeFor[V]()
	for i := range reflect.TypeFor[F]().NumField() {
		field := reflect.TypeFor[F]().Field(i)
		one := rule{name: jsonName(field), want: i}
		if got, ok := fieldByJSONName(view, one.name); ok {
			one.got, one.match = got, matchFor(field.Type, view.Field(got).Type)
		} else if name, ok := strings.CutSuffix(one.name, "Prefix"); ok {
			if got, ok := fieldByJSONName(view, name); ok && isString(field.Type) && isString(view.Field(got).Type) {
				one.got, one.match = got, hasPrefix
			}
		}
		f.rules = append(f.rules, one)
	}
	return f
}

// compile returns a function that reports whether a value matches the filter. It returns an error if a field is set that
// cannot be compared.
func (f filter[F, V]) compile(want *F) (func(*V) bool, error) {
	if want == nil {
		return func(*V) bool { return true }, nil
	}
	var set []rule
	values := reflect.ValueOf(want).Elem()
	for _, one := range f.rules {
		if values.Field(one.want).IsZero() {
			continue
		}
		if one.match == nil {
			return nil, envelope.New(http.StatusInternalServerError, "%s", f.mismatch(one))
		}
		set = append(set, one)
	}
	return func(view *V) bool {
		got := reflect.ValueOf(view).Elem()
		for _, one := range set {
			if !one.match(values.Field(one.want), got.Field(one.got)) {
				return false
			}
		}
		return true
	}, nil
}

// mismatches returns a message for each field that cannot be compared.
func (f filter[F, V]) mismatches() []string {
	var mismatches []string
	for _, one := range f.rules {
		if one.match == nil {
			mismatches = append(mismatches, f.mismatch(one))
		}
	}
	return mismatches
}

func (filter[F, V]) mismatch(one rule) string {
	return fmt.Sprintf("emulator/internal/service/filter.go: the field %q of %s cannot be compared with a field of %s",
		one.name, reflect.TypeFor[F]().Name(), reflect.TypeFor[V]().Name())
}

// matchFor returns the comparison of two types, or nil if they cannot be compared.
func matchFor(want, got reflect.Type) match {
	switch {
	case want == reflect.TypeFor[*gen.TimestampRange]() && elemType(got).Kind() == reflect.Int64:
		return isWithin
	case want.Kind() == reflect.Map && want == got && want.Elem().Comparable():
		return contains
	case want.Kind() == reflect.Pointer && elemType(want) == elemType(got) && elemType(want).Kind() != reflect.Struct && elemType(want).Comparable():
		return isEqual
	}
	return nil
}

// isEqual compares single values. An absent value equals the zero value, because the service does not store empty values.
func isEqual(want, got reflect.Value) bool { return want.Elem().Equal(elemValue(got)) }

// isWithin reports whether a time is in an inclusive range. An absent time is in no range.
func isWithin(want, got reflect.Value) bool {
	span, ok := reflect.TypeAssert[*gen.TimestampRange](want)
	at := elemValue(got).Int()
	return ok && at != 0 && (span.Min == nil || at >= *span.Min) && (span.Max == nil || at <= *span.Max)
}

// contains reports whether a map contains all wanted keys with their values.
func contains(want, got reflect.Value) bool {
	for pairs := want.MapRange(); pairs.Next(); {
		if value := got.MapIndex(pairs.Key()); !value.IsValid() || !value.Equal(pairs.Value()) {
			return false
		}
	}
	return true
}

// hasPrefix reports whether a string has a prefix. An absent string has no prefix.
func hasPrefix(want, got reflect.Value) bool {
	absent := got.Kind() == reflect.Pointer && got.IsNil()
	return !absent && strings.HasPrefix(elemValue(got).String(), want.Elem().String())
}

func isString(t reflect.Type) bool { return elemType(t).Kind() == reflect.String }

// elemType returns the type that an optional field points to, or the type of a required field.
func elemType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// elemValue returns the value of an optional or required field, or the zero value if it is absent.
func elemValue(v reflect.Value) reflect.Value {
	switch {
	case v.Kind() != reflect.Pointer:
		return v
	case v.IsNil():
		return reflect.Zero(v.Type().Elem())
	}
	return v.Elem()
}

// fieldByJSONName returns the index of the field with a JSON name.
func fieldByJSONName(t reflect.Type, name string) (int, bool) {
	for i := range t.NumField() {
		if jsonName(t.Field(i)) == name {
			return i, true
		}
	}
	return 0, false
}

func jsonName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name
}
