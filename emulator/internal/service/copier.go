package service

import (
	"reflect"

	"github.com/cogfn/cogfn/gen"
)

// The copiers from the types of requests to the types of responses.
var (
	functionCopier   = newCopier[gen.Function, gen.FunctionWrite]()
	scheduleCopier   = newCopier[gen.FunctionSchedule, gen.FunctionScheduleWrite]()
	fileCopier       = newCopier[gen.FileMetadata, gen.FileWrite]()
	fileUploadCopier = newCopier[gen.FileUpload, gen.FileMetadata]()
)

// copier copies the fields of W to the fields of the read type V with the same JSON names. It is derived from the
// generated types, so that a new field is copied if both types have it.
type copier[V, W any] struct {
	pairs []fieldPair
	// mismatch is the name of a field that has another type in V; "" if there is none.
	mismatch string
}

// fieldPair contains the indexes of a field of the read type and of the field that is copied to it.
type fieldPair struct{ to, from int }

func newCopier[V, W any]() copier[V, W] {
	var c copier[V, W]
	view, write := reflect.TypeFor[V](), reflect.TypeFor[W]()
	for from := range write.NumField() {
		field := write.Field(from)
		to, ok := fieldByJSONName(view, jsonName(field))
		switch {
		case !ok || jsonName(field) == "-":
		case elemType(view.Field(to).Type) != elemType(field.Type):
			c.mismatch = field.Name
		default:
			c.pairs = append(c.pairs, fieldPair{to, from})
		}
	}
	return c
}

// copy copies the fields. A required field of V keeps its value if the optional field of W is nil.
func (c copier[V, W]) copy(view *V, write *W) {
	to, from := reflect.ValueOf(view).Elem(), reflect.ValueOf(write).Elem()
	for _, p := range c.pairs {
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

// dropEmpty sets optional strings that are empty to nil, because the service does not store them.
func dropEmpty[W any](write *W) {
	for _, field := range reflect.ValueOf(write).Elem().Fields() {
		if field.Kind() == reflect.Pointer && isString(field.Type()) && elemValue(field).IsZero() {
			field.SetZero()
		}
	}
}
