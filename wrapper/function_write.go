package functions

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"

	"github.com/cogfn/cogfn/gen"
)

// FunctionWrite is a function to create. FileID may be 0: [Client.Create] sets it from the source.
//
// Fields:
//
//   - CPU (*float64): the number of CPU cores of a call, within the range of the limits. It is fixed on Azure and AWS,
//     which raise smaller numbers without an error.
//   - Description (*string): the description of the function. Length: 0 to 500 characters.
//   - EnvVars (map[string]string): the environment variables, at most 100. Keys have letters, digits and underscores.
//   - ExternalID (*string): the external id of the function, unique in the project. Length: 0 to 255 characters.
//   - ExtraIndexURLs ([]string): the additional package indexes of pip. They may contain credentials. Responses do not
//     have them.
//   - FileID (int64): the id of the zip file that contains the code. The file must be uploaded.
//   - FunctionPath (*string): the path of the Python module with the function `handle` in the zip file, relative, with
//     forward slashes. The default is handler.py. Length: 0 to 500 characters.
//   - IndexURL (*string): the package index of pip instead of the public one. It may contain credentials. Responses do
//     not have it.
//   - Memory (*float64): the memory of a call in GB, within the range of the limits. It is fixed on Azure and AWS,
//     which raise smaller numbers without an error.
//   - Metadata (map[string]string): the metadata, pairs of strings that the user chooses: at most 16 pairs, keys of at
//     most 32 characters, values of at most 512 characters, 4096 bytes in total.
//   - Name (string): the name of the function. It need not be unique. Length: 1 to 140 characters.
//   - Owner (*string): the owner of the function, often an e-mail address. Length: 0 to 128 characters.
//   - Runtime (*Runtime): the version of Python. The service adds and withdraws versions. The limits list the offered
//     ones.
//   - Secrets (map[string]string): the secrets, at most 30, which the function receives as `secrets`. Keys have at most
//     15 lower-case letters, digits and dashes. The keys `token`, `indexUrl` and `extraIndexUrls` are reserved. A key
//     and its value have at most 25 kB together. Responses have three asterisks for every value.
//
// Package fmt, package slog and JSON show three asterisks for each secret, and only the host of a package index's URL,
// because paths and user names may be tokens. Only the request of Create contains them. Package fmt ignores the methods of
// unexported fields, so a struct with a FunctionWrite in an unexported field needs its own String method.
type FunctionWrite gen.FunctionWrite

// Format writes the function as JSON without its secrets, for every verb except %p.
func (w FunctionWrite) Format(f fmt.State, _ rune) {
	writeJSON(f, w, "function "+w.Name)
}

// writeJSON writes v as JSON, or fallback if JSON cannot represent v.
func writeJSON(f fmt.State, v any, fallback string) {
	text, err := json.Marshal(v)
	if err != nil {
		text = []byte(fallback)
	}
	_, _ = f.Write(text)
}

// MarshalJSON encodes the function as the API does, without its secrets. [Client.Create] rejects the decoded result and
// names the hidden values.
func (w FunctionWrite) MarshalJSON() ([]byte, error) {
	return json.Marshal(gen.FunctionWrite(w.masked()))
}

// masked returns a copy without secrets.
func (w FunctionWrite) masked() FunctionWrite {
	w.Secrets = maps.Clone(w.Secrets)
	for key := range w.Secrets {
		w.Secrets[key] = redacted
	}
	if w.IndexURL != nil {
		w.IndexURL = new(maskedURL(*w.IndexURL))
	}
	w.ExtraIndexURLs = slices.Clone(w.ExtraIndexURLs)
	for i, address := range w.ExtraIndexURLs {
		w.ExtraIndexURLs[i] = maskedURL(address)
	}
	return w
}

// maskedURL returns the parts of a URL that cannot be secret.
func maskedURL(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return redacted
	}
	return u.Scheme + "://" + u.Host + "/" + redacted
}

// AsWrite returns a copy of the function that [Client.Create] accepts with FileID(f.FileID) as the source. The copy shares
// no memory with f. The service does not return two settings:
//
//   - Secrets are three asterisks. Create rejects them and names the keys, so that they cannot be lost unnoticed.
//   - The URLs of package indexes are absent.
//
// AsWrite copies every field that both types have, including fields that the API adds. A field of an unexpected type is in
// f.AdditionalProperties and is not copied.
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

// deepCopy returns a copy of v that shares no memory with it. v consists of values, pointers, maps, slices and structs.
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
		c.Set(v) // copies the unexported fields
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
