package service

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/gen"
)

// The filters of the lists.
var (
	functionFilter = newFilter[gen.FunctionFilter, gen.Function]()
	callFilter     = newFilter[gen.FunctionCallFilter, gen.FunctionCall]()
	scheduleFilter = newFilter[gen.FunctionScheduleFilter, gen.FunctionSchedule]()
)

// filter compares each field of F that is set with the field of the read type V that has the same name in JSON. It is
// derived from the generated types, so that a new field of a filter works as soon as the read type has it.
type filter[F, V any] struct{ rules []rule }

// rule says how a field of a filter is compared.
type rule struct {
	name  string // in JSON
	want  int    // the field of the filter
	got   int    // the field of the read type
	match match
}

// match compares a field of a filter that is set with a field of the read type.
type match func(want, got reflect.Value) bool

func newFilter[F, V any]() filter[F, V] {
	var f filter[F, V]
	view := reflect.TypeFor[V]()
	for i := range reflect.TypeFor[F]().NumField() {
		field := reflect.TypeFor[F]().Field(i)
		one := rule{name: jsonName(field), want: i}
		if got, ok := fieldNamed(view, one.name); ok {
			one.got, one.match = got, matchFor(field.Type, view.Field(got).Type)
		} else if name, ok := strings.CutSuffix(one.name, "Prefix"); ok {
			if got, ok := fieldNamed(view, name); ok && isText(field.Type) && isText(view.Field(got).Type) {
				one.got, one.match = got, hasPrefix
			}
		}
		f.rules = append(f.rules, one)
	}
	return f
}

// compile returns the function that reports whether a value matches the filter. It fails if a field is set that cannot be
// compared.
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
			return nil, envelope.New(http.StatusInternalServerError, "%s", f.fault(one))
		}
		set = append(set, one)
	}
	if len(set) == 0 {
		return func(*V) bool { return true }, nil
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

// faults returns what is wrong with the fields that cannot be compared.
func (f filter[F, V]) faults() []string {
	var faults []string
	for _, one := range f.rules {
		if one.match == nil {
			faults = append(faults, f.fault(one))
		}
	}
	return faults
}

func (filter[F, V]) fault(one rule) string {
	return fmt.Sprintf("emulator/internal/service/filter.go: the field %q of %s cannot be compared with a field of %s",
		one.name, reflect.TypeFor[F]().Name(), reflect.TypeFor[V]().Name())
}

// matchFor returns how values of two types are compared; nil if they cannot be.
func matchFor(want, got reflect.Type) match {
	switch {
	case want == reflect.TypeFor[*gen.TimestampRange]() && plain(got).Kind() == reflect.Int64:
		return isWithin
	case want.Kind() == reflect.Map && want == got && want.Elem().Comparable():
		return contains
	case want.Kind() == reflect.Pointer && plain(want) == plain(got) && plain(want).Kind() != reflect.Struct && plain(want).Comparable():
		return isEqual
	}
	return nil
}

// isEqual compares single values. An absent value equals the zero value, as the service does not store empty values.
func isEqual(want, got reflect.Value) bool { return want.Elem().Equal(valueOf(got)) }

// isWithin reports whether a time is in a range, both ends included. An absent time is in no range.
func isWithin(want, got reflect.Value) bool {
	span, ok := reflect.TypeAssert[*gen.TimestampRange](want)
	at := valueOf(got).Int()
	return ok && at != 0 && (span.Min == nil || at >= *span.Min) && (span.Max == nil || at <= *span.Max)
}

// contains reports whether a map has all wanted pairs.
func contains(want, got reflect.Value) bool {
	for pairs := want.MapRange(); pairs.Next(); {
		if value := got.MapIndex(pairs.Key()); !value.IsValid() || !value.Equal(pairs.Value()) {
			return false
		}
	}
	return true
}

// hasPrefix compares the beginning of a text. An absent text has no prefix.
func hasPrefix(want, got reflect.Value) bool {
	absent := got.Kind() == reflect.Pointer && got.IsNil()
	return !absent && strings.HasPrefix(valueOf(got).String(), want.Elem().String())
}

func isText(t reflect.Type) bool { return plain(t).Kind() == reflect.String }

// plain returns the type that an optional field points to, or the type of a required field.
func plain(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// valueOf returns the value of an optional or required field; the zero value if it is absent.
func valueOf(v reflect.Value) reflect.Value {
	switch {
	case v.Kind() != reflect.Pointer:
		return v
	case v.IsNil():
		return reflect.Zero(v.Type().Elem())
	}
	return v.Elem()
}

// fieldNamed returns the field with a name in JSON.
func fieldNamed(t reflect.Type, name string) (int, bool) {
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
