package jsonobject_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/internal/jsonobject"
)

const (
	call     = `{"id":1,"functionId":2,"status":"Running","startTime":3`
	function = `{"id":1,"name":"f","fileId":2,"status":"Ready","createdTime":3`
)

// decodeAny decodes JSON for a comparison by value, with all digits of numbers.
func decodeAny(tb testing.TB, text []byte) any {
	tb.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		tb.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestRequiredFields(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, path, reason string }{
		"empty object":           {`{}`, "items", "is missing"},
		"null":                   {`null`, "", "is null instead of an object"},
		"list":                   {`[]`, "", "is a list instead of an object"},
		"text":                   {`"x"`, "", "is a string instead of an object"},
		"error":                  {`{"error":{"code":400,"message":"no"}}`, "items", "is missing"},
		"message":                {`{"message":"no"}`, "items", "is missing"},
		"items is null":          {`{"items":null}`, "items", "is missing"},
		"items is an object":     {`{"items":{}}`, "items", "is an object instead of a list"},
		"items is a string":      {`{"items":"x"}`, "items", "is a string instead of a list"},
		"empty item":             {`{"items":[{}]}`, "items[0].functionId", "is missing"},
		"null item":              {`{"items":[` + call + `},null]}`, "items[1]", "is null instead of an object"},
		"later item":             {`{"items":[` + call + `},` + call + `},{"id":1,"functionId":2,"status":"Running"}]}`, "items[2].startTime", "is missing"},
		"required field is null": {`{"items":[{"id":null,"functionId":2,"status":"Running","startTime":3}]}`, "items[0].id", "is missing"},
		"other type":             {`{"items":[{"id":"1","functionId":2,"status":"Running","startTime":3}]}`, "items[0].id", "is a string instead of an integer"},
		"status is a number":     {`{"items":[{"id":1,"functionId":2,"status":7,"startTime":3}]}`, "items[0].status", "is a number instead of a string"},
		"fraction":               {`{"items":[{"id":1.5,"functionId":2,"status":"Running","startTime":3}]}`, "items[0].id", "is a number instead of an integer"},
		"too large":              {`{"items":[{"id":9223372036854775808,"functionId":2,"status":"Running","startTime":3}]}`, "items[0].id", "is a number instead of an integer"},
		"name in other case":     {`{"Items":[]}`, "items", "is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := json.Unmarshal([]byte(c.body), new(gen.FunctionCallPage))
			failure, ok := errors.AsType[*jsonobject.Error](err)
			if !ok {
				t.Fatalf("error = %v, want an *Error", err)
			}
			if failure.Path != c.path || failure.Reason != c.reason {
				t.Errorf("got %q %q, want %q %q", failure.Path, failure.Reason, c.path, c.reason)
			}
		})
	}
}

func TestNestedRequiredFields(t *testing.T) {
	t.Parallel()
	const limits = `{"timeoutMinutes":9,"cpuCores":{"min":1,"default":1},"memoryGb":{"min":1,"max":1,"default":1},"runtimes":[]}`
	err := json.Unmarshal([]byte(limits), new(gen.FunctionsLimits))
	if err == nil || err.Error() != "cpuCores.max is missing" {
		t.Errorf("error = %v, want one that names cpuCores.max", err)
	}
}

// A type without required fields rejects objects that have none of its fields.
func TestTypesWithoutRequiredFields(t *testing.T) {
	t.Parallel()
	for body, accepted := range map[string]bool{
		`{}`: false, `{"error":{"message":"no"}}`: false, `{"message":"no"}`: false, `null`: false,
		`{"response":null}`: true, `{"callId":1}`: true, `{"response":{},"message":"no"}`: true,
	} {
		if err := json.Unmarshal([]byte(body), new(gen.FunctionCallResponse)); (err == nil) != accepted {
			t.Errorf("%s: error = %v, want success: %v", body, err, accepted)
		}
	}
	for body, accepted := range map[string]bool{
		`{}`: true, `{"more":1}`: true, ` {} `: true, `null`: false, `[]`: false, `"x"`: false, `{"error":{"message":"no"}}`: false,
		`{"message":"no"}`: false, `{"error":null,"message":null}`: true,
	} {
		if err := json.Unmarshal([]byte(body), new(gen.EmptyObject)); (err == nil) != accepted {
			t.Errorf("empty object %s: error = %v, want success: %v", body, err, accepted)
		}
	}
}

// An optional field of another type than described is kept unchanged and does not fail the object.
func TestOptionalFieldOfAnotherType(t *testing.T) {
	t.Parallel()
	for _, field := range []string{
		`"error":"text"`, `"error":7`, `"error":[1]`, `"metadata":{"a":1}`, `"metadata":["a"]`, `"cpu":"many"`, `"owner":{"name":"me"}`, `"lastCalled":"today"`,
		`"lastCalled":1.5`, `"runtime":314`, `"externalId":true`, `"secrets":null,"envVars":{"A":null,"B":7}`,
	} {
		text := []byte(function + `,` + field + `,"region":"x"}`)
		var f gen.Function
		if err := json.Unmarshal(text, &f); err != nil {
			t.Errorf("%s: %v", field, err)
			continue
		}
		again, err := json.Marshal(f)
		if err != nil {
			t.Errorf("%s: %v", field, err)
			continue
		}
		want := decodeAny(t, bytes.Replace(text, []byte(`"secrets":null,`), nil, 1))
		if diff := cmp.Diff(want, decodeAny(t, again)); diff != "" {
			t.Errorf("%s (-received +encoded):\n%s", field, diff)
		}
	}
}

// The last value of a repeated name counts, even if the values have different types.
func TestRepeatedOptionalField(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		`"owner":5,"owner":"x"`: `"x"`, `"owner":"x","owner":5`: `5`, `"owner":5,"owner":6`: `6`, `"owner":5,"owner":null`: ``,
	} {
		var f gen.Function
		if err := json.Unmarshal([]byte(function+","+fields+"}"), &f); err != nil {
			t.Fatal(err)
		}
		text, err := f.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var again map[string]json.RawMessage
		if err := json.Unmarshal(text, &again); err != nil || string(again["owner"]) != want {
			t.Errorf("%s: the owner is encoded as %s (%v), want %s", fields, again["owner"], err, want)
		}
	}
}

func TestWholeNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"1e12": 1_000_000_000_000, "1.0": 1, "0": 0, "-0": 0, "0.0": 0, "0e-99999999": 0, "12E2": 1200, "1730204346000.000": 1730204346000,
		"9007199254740993": 9007199254740993, "9007199254740993.0": 9007199254740993, "9223372036854775807": 9223372036854775807,
		"-9223372036854775808": -9223372036854775808, "9.223372036854775807e18": 9223372036854775807,
	} {
		var c gen.FunctionCall
		err := json.Unmarshal([]byte(strings.Replace(call, `"startTime":3`, `"startTime":`+text, 1)+`,"endTime":`+text+`}`), &c)
		if err != nil || c.StartTime != want || c.EndTime == nil || *c.EndTime != want {
			t.Errorf("%s: got %d and %v (%v), want %d", text, c.StartTime, c.EndTime, err, want)
		}
	}
	for _, text := range []string{"1.5", "1e-3", "1e19", "-1e19", "9223372036854775808", "1e999999999", "1e-999999999", "9223372036854775807.5"} {
		err := json.Unmarshal([]byte(strings.Replace(call, `"startTime":3`, `"startTime":`+text, 1)+`}`), new(gen.FunctionCall))
		if _, ok := errors.AsType[*jsonobject.Error](err); !ok {
			t.Errorf("%s: error = %v, want an *Error", text, err)
		}
	}
}

// Input that strict decoders reject is accepted.
func TestTolerance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ fields, name string }{
		"repeated name":   {`,"name":"last"`, "last"},
		"invalid UTF-8":   {",\"name\":\"a\xffb\"", "a\ufffdb"},
		"lone surrogate":  {`,"name":"a\ud800b"`, "a\ufffdb"},
		"escaped name":    {`,"n\u0061me":"escaped"`, "escaped"},
		"other case":      {`,"NAME":"other"`, "f"},
		"markup":          {`,"name":"<a&b>"`, "<a&b>"},
		"white space":     {" ,\n\t\"name\" : \"x\" ", "x"},
		"invalid name":    {",\"a\xffb\":1,\"\\ud800\":2", "f"},
		"unknown nesting": {`,"more":{"a":[1,{"b":null}]}`, "f"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f gen.Function
			if err := json.Unmarshal([]byte(function+c.fields+"}"), &f); err != nil {
				t.Fatal(err)
			}
			if f.Name != c.name {
				t.Errorf("name = %q, want %q", f.Name, c.name)
			}
			if _, err := json.Marshal(f); err != nil {
				t.Errorf("it cannot be encoded again: %v", err)
			}
		})
	}
}

// The error for invalid JSON in a complete response must not match that of a broken connection.
func TestBrokenJSON(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{`, `{"items":[`, `{"items":[]`, `{"items":[]} x`, `{"items":[],}`, `{"items" []}`, `nul`, `{"items":[{"id":tru}]}`, "{\"items\":[\x00]}"} {
		err := new(gen.FunctionCallPage).UnmarshalJSON([]byte(body))
		failure, ok := errors.AsType[*jsonobject.Error](err)
		if !ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || !strings.Contains(failure.Reason, "not valid JSON") {
			t.Errorf("%q: error = %v, want an *Error about invalid JSON", body, err)
		}
	}
}

// Unknown fields are kept with encoding/json and with encoding/json/v2, in an object and in a list.
func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	item := function + `,"region":{"n":12345678901234567890},"zone":null}`
	for name, text := range map[string]string{"object": item, "list": `{"items":[` + item + `],"next":[1]}`} {
		for codec, c := range map[string]struct {
			decode func([]byte, any) error
			encode func(any) ([]byte, error)
		}{
			"v1": {json.Unmarshal, json.Marshal},
			"v2": {
				func(data []byte, v any) error { return jsonv2.Unmarshal(data, v) },
				func(v any) ([]byte, error) { return jsonv2.Marshal(v) },
			},
		} {
			var v any = new(gen.Function)
			if name == "list" {
				v = new(gen.FunctionList)
			}
			if err := c.decode([]byte(text), v); err != nil {
				t.Errorf("%s, %s: %v", name, codec, err)
				continue
			}
			again, err := c.encode(v)
			if err != nil {
				t.Errorf("%s, %s: %v", name, codec, err)
				continue
			}
			if diff := cmp.Diff(decodeAny(t, []byte(text)), decodeAny(t, again)); diff != "" {
				t.Errorf("%s, %s (-received +encoded):\n%s", name, codec, diff)
			}
		}
	}
}

// A declared field takes precedence over an unknown one of the same name.
func TestDeclaredFieldTakesPrecedence(t *testing.T) {
	t.Parallel()
	f := gen.Function{Name: "declared", AdditionalProperties: map[string]json.RawMessage{
		"name": json.RawMessage(`"other"`), "owner": json.RawMessage(`7`), "quoted \"name\"": json.RawMessage(`"name"`),
	}}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": json.Number("0"), "createdTime": json.Number("0"), "fileId": json.Number("0"), "status": "", "name": "declared",
		"owner": json.Number("7"), "quoted \"name\"": "name",
	}
	if diff := cmp.Diff(any(want), decodeAny(t, text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	f.AdditionalProperties = map[string]json.RawMessage{"more": json.RawMessage(`{`)}
	if text, err := json.Marshal(f); err == nil {
		t.Errorf("invalid JSON was encoded: %s", text)
	}
}

// Decoding and encoding does not change an object with the required fields and random other fields.
func TestRoundTripOfRandomObjects(t *testing.T) {
	t.Parallel()
	scalar := rapid.OneOf(
		rapid.Just[any](true), rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }), rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }),
	)
	value := rapid.OneOf(scalar, rapid.Map(rapid.SliceOfN(scalar, 0, 3), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(rapid.String(), scalar, 0, 3), func(m map[string]any) any { return m }))
	optional := []string{"externalId", "owner", "metadata", "secrets", "envVars", "cpu", "runtime", "error", "lastCalled", "region", "x", ""}
	rapid.Check(t, func(r *rapid.T) {
		object := rapid.MapOfN(rapid.OneOf(rapid.SampledFrom(optional), rapid.String()), value, 0, 6).Draw(r, "fields")
		maps.Copy(object, map[string]any{"id": 1, "name": "f", "fileId": 2, "status": "Ready", "createdTime": 3})
		text, err := json.Marshal(object)
		if err != nil {
			r.Fatal(err)
		}
		var f gen.Function
		if err := json.Unmarshal(text, &f); err != nil {
			r.Fatalf("%s: %v", text, err)
		}
		again, err := json.Marshal(f)
		if err != nil {
			r.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(decodeAny(t, text), decodeAny(t, again), cmp.Comparer(sameNumber)); diff != "" {
			r.Fatalf("(-received +encoded):\n%s", diff)
		}
	})
}

func sameNumber(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return a == b || errX == nil && errY == nil && x == y
}

// FuzzDecode checks that no input makes decoding panic, and that encoding what was decoded is stable.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{}`, function + `}`, function + `,"metadata":{"a":"b"},"more":[1,2],"error":"x"}`, call + "}", `{"id":1e5}`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var first gen.Function
		if err := json.Unmarshal(data, &first); err != nil {
			return
		}
		text, err := first.MarshalJSON()
		if err != nil {
			t.Fatalf("%q was decoded, but not encoded: %v", data, err)
		}
		var second gen.Function
		if err := second.UnmarshalJSON(text); err != nil {
			t.Fatalf("%q was encoded as %s, which is not decoded: %v", data, text, err)
		}
		if again, err := second.MarshalJSON(); err != nil || !bytes.Equal(text, again) {
			t.Fatalf("%q was encoded as %s, and again as %s (%v)", data, text, again, err)
		}
	})
}
