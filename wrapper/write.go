package functions

import (
	"context"
	"reflect"
)

// AsWrite returns what would create the same function again, as a copy that shares no memory with f. Two things cannot be
// read back: secrets come as three stars, which Create refuses, naming the keys, so that they can be neither lost nor
// overwritten unnoticed; and the package indexes are absent. Use it with FileID(f.FileID) as the source.
//
// It copies every field that both types have, so a field that the API adds is included. A field that the service returned
// with another type than described is in f.AdditionalProperties and is not copied.
func (f *Function) AsWrite() FunctionWrite {
	var w FunctionWrite
	from, to := reflect.ValueOf(f.Function), reflect.ValueOf(&w).Elem()
	for field, target := range to.Fields() {
		if source := from.FieldByName(field.Name); source.IsValid() && source.Type() == field.Type {
			target.Set(deepCopy(source))
		}
	}
	return w
}

// deepCopy returns a copy of v that shares no memory with it. v consists of values, pointers, maps, lists and structs.
func deepCopy(v reflect.Value) reflect.Value {
	c := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			c.Set(reflect.New(v.Type().Elem()))
			c.Elem().Set(deepCopy(v.Elem()))
		}
	case reflect.Map:
		if !v.IsNil() {
			c.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for key, value := range v.Seq2() {
				c.SetMapIndex(key, deepCopy(value))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			c.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				c.Index(i).Set(deepCopy(v.Index(i)))
			}
		}
	case reflect.Struct:
		c.Set(v) // for the fields that are not exported
		for i := range v.NumField() {
			if c.Field(i).CanSet() {
				c.Field(i).Set(deepCopy(v.Field(i)))
			}
		}
	default:
		c.Set(v)
	}
	return c
}

// AsWrite returns what would create the same schedule again, as a copy that shares no memory with s. The service shows the
// input data only when asked for it alone, so this is a request. The nonce is left empty: Create makes a new session.
func (s *Schedule) AsWrite(ctx context.Context) (ScheduleWrite, error) {
	data, err := s.InputData(ctx)
	if err != nil {
		return ScheduleWrite{}, err
	}
	functionID := deref(s.FunctionID)
	if functionID == 0 && s.FunctionExternalID != nil {
		fn, err := s.client.Retrieve(ctx, ExternalID(*s.FunctionExternalID))
		if err != nil {
			return ScheduleWrite{}, err
		}
		functionID = fn.ID
	}
	return ScheduleWrite{
		CronExpression: s.CronExpression,
		Data:           data,
		Description:    clone(s.Description),
		FunctionID:     functionID,
		Name:           s.Name,
	}, nil
}

func clone[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// Known reports whether a status, runtime or type is one that this version knows. The service adds values over time, which
// are kept as they came.
func Known(value interface{ Valid() bool }) bool { return value.Valid() }
