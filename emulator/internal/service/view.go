package service

import (
	"reflect"

	"github.com/cogfn/cogfn/gen"
)

// How the fields that a caller wrote are shown.
var (
	showFunction   = newShow[gen.Function, gen.FunctionWrite]()
	showSchedule   = newShow[gen.FunctionSchedule, gen.FunctionScheduleWrite]()
	showFile       = newShow[gen.FileMetadata, gen.FileWrite]()
	showFileUpload = newShow[gen.FileUpload, gen.FileMetadata]()
)

// show copies the fields of W to the fields of the read type V that have the same names in JSON. It is derived from the
// generated types, so that a new field is shown if both types have it.
type show[V, W any] struct {
	pairs []pair
	// fault names a field that has another type in V; "" if there is none.
	fault string
}

// pair is a field of the read type and the field that is copied to it.
type pair struct{ to, from int }

func newShow[V, W any]() show[V, W] {
	var s show[V, W]
	view, write := reflect.TypeFor[V](), reflect.TypeFor[W]()
	for from := range write.NumField() {
		field := write.Field(from)
		to, ok := fieldNamed(view, jsonName(field))
		switch {
		case !ok || jsonName(field) == "-":
		case plain(view.Field(to).Type) != plain(field.Type):
			s.fault = field.Name
		default:
			s.pairs = append(s.pairs, pair{to, from})
		}
	}
	return s
}

// dropEmpty removes optional texts that are empty, as the service does not store them.
func dropEmpty[W any](write *W) {
	for _, field := range reflect.ValueOf(write).Elem().Fields() {
		if field.Kind() == reflect.Pointer && isText(field.Type()) && valueOf(field).IsZero() {
			field.SetZero()
		}
	}
}

// fill copies the fields. Absent fields stay as they are.
func (s show[V, W]) fill(view *V, write *W) {
	to, from := reflect.ValueOf(view).Elem(), reflect.ValueOf(write).Elem()
	for _, p := range s.pairs {
		target, source := to.Field(p.to), from.Field(p.from)
		switch {
		case target.Type() == source.Type():
			target.Set(source)
		case target.Kind() == reflect.Pointer:
			target.Set(source.Addr())
		case !source.IsNil():
			target.Set(source.Elem())
		}
	}
}
