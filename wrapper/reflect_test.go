package functions

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/tests/typedmethods"
)

// reachableType describes how users reach the fields of a generated type.
type reachableType struct {
	generated reflect.Type
	// through is the type of this package that embeds the generated type, is an alias of it, or has a field or methods for it.
	through reflect.Type
	// field is the name of the field of through that has the generated type.
	field string
	// methods maps each field of the generated type to the method of through that returns it, or to "" if none does.
	methods map[string]string
}

// reachable lists the generated types of responses and of write types.
var reachable = []reachableType{
	{generated: reflect.TypeFor[gen.Function](), through: reflect.TypeFor[Function]()},
	{generated: reflect.TypeFor[gen.FunctionBuildError](), through: reflect.TypeFor[Function](), field: "Error"},
	{generated: reflect.TypeFor[gen.FunctionCall](), through: reflect.TypeFor[Call]()},
	{generated: reflect.TypeFor[gen.FunctionSchedule](), through: reflect.TypeFor[Schedule]()},
	{generated: reflect.TypeFor[gen.FunctionCallLogEntry](), through: reflect.TypeFor[CallLogEntry]()},
	{generated: reflect.TypeFor[gen.Session](), through: reflect.TypeFor[Session]()},
	{generated: reflect.TypeFor[gen.CreatedSession](), through: reflect.TypeFor[CreatedSession]()},
	{generated: reflect.TypeFor[gen.FileMetadata](), through: reflect.TypeFor[File]()},
	{generated: reflect.TypeFor[gen.FunctionsLimits](), through: reflect.TypeFor[Limits]()},
	{generated: reflect.TypeFor[gen.FunctionsStatus](), through: reflect.TypeFor[Status]()},
	{generated: reflect.TypeFor[gen.FunctionWrite](), through: reflect.TypeFor[FunctionWrite]()},
	{generated: reflect.TypeFor[gen.FunctionScheduleWrite](), through: reflect.TypeFor[ScheduleWrite]()},
	{generated: reflect.TypeFor[gen.FileWrite](), through: reflect.TypeFor[FileWrite]()},
	// The error of a call is a string or an object. Failure decodes both. Call.Error is the raw JSON.
	{generated: reflect.TypeFor[gen.FunctionCallErrorDetails](), through: reflect.TypeFor[*Call](), methods: map[string]string{
		"Message": "Failure", "Trace": "Failure", "AdditionalProperties": "",
	}},
	// The ids in these two responses are those of the request. Unknown fields are available through Client.Gen only.
	{generated: reflect.TypeFor[gen.FunctionCallResponse](), through: reflect.TypeFor[*CallsService](), methods: map[string]string{
		"Response": "Response", "CallID": "", "FunctionID": "", "AdditionalProperties": "",
	}},
	{generated: reflect.TypeFor[gen.FunctionScheduleInputData](), through: reflect.TypeFor[*SchedulesService](), methods: map[string]string{
		"Data": "InputData", "ID": "", "AdditionalProperties": "",
	}},
}

func exportedFields(t reflect.Type) []string {
	var names []string
	for f := range t.Fields() {
		if f.IsExported() {
			names = append(names, f.Name)
		}
	}
	return names
}

func TestEveryGeneratedFieldIsReachable(t *testing.T) {
	t.Parallel()
	for _, r := range reachable {
		t.Run(r.generated.Name(), func(t *testing.T) {
			t.Parallel()
			switch {
			case r.methods != nil:
				checkMethods(t, r)
			case r.field != "":
				f, ok := r.through.FieldByName(r.field)
				check(t, "has a field "+r.field, ok, true)
				check(t, "type of "+r.field, f.Type, reflect.PointerTo(r.generated))
			case !r.generated.ConvertibleTo(r.through): // a convertible type has the same fields
				checkEmbedded(t, r)
			}
		})
	}
}

// checkEmbedded checks that no field or method hides a field of the embedded type.
func checkEmbedded(t *testing.T, r reachableType) {
	t.Helper()
	for _, name := range exportedFields(r.generated) {
		want, _ := r.generated.FieldByName(name)
		got, ok := r.through.FieldByName(name)
		if !ok || got.Type != want.Type || len(got.Index) != 2 {
			t.Errorf("%s.%s is not the field of %v", r.through, name, r.generated)
		}
		if _, hidden := reflect.PointerTo(r.through).MethodByName(name); hidden {
			t.Errorf("a method hides the field %s.%s", r.through, name)
		}
	}
}

// checkMethods checks that the methods return the types of the fields, and that every field is listed.
func checkMethods(t *testing.T, r reachableType) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(exportedFields(r.generated))), slices.Sorted(maps.Keys(r.methods))); diff != "" {
		t.Errorf("fields (-generated +listed):\n%s", diff)
	}
	for field, name := range r.methods {
		if name == "" {
			continue
		}
		method, ok := r.through.MethodByName(name)
		if !ok {
			t.Errorf("%v has no method %s for the field %s", r.through, name, field)
			continue
		}
		want, _ := r.generated.FieldByName(field)
		result := want.Type
		if result.Kind() == reflect.Pointer {
			result = result.Elem()
		}
		check(t, "result of "+name, method.Type.Out(0), result)
	}
}

// returnedByGen reports whether a method of Client.Gen returns the type.
func returnedByGen(name string) bool {
	return slices.ContainsFunc(typedmethods.All(), func(m reflect.Method) bool { return m.Type.Out(0).Elem().Name() == name })
}

func hasField(object *ast.StructType, name string) bool {
	return slices.ContainsFunc(object.Fields.List, func(f *ast.Field) bool { return len(f.Names) == 1 && f.Names[0].Name == name })
}

// A type that the description adds must be reachable, or be listed here with the reason why users do not need it.
func TestEveryGeneratedTypeIsReachable(t *testing.T) {
	t.Parallel()
	exempt := map[string]string{
		"CPURange":            "type of a field of Limits",
		"Error":               "decoded into APIError",
		"FileDownloadLink":    "used by Files.Download",
		"FileUpload":          "used by Files.Upload, which returns a File",
		"GeoLocation":         "type of a field of File",
		"GeoLocationGeometry": "type of a field of GeoLocation",
		"InstanceID":          "type of a field of File",
		"Label":               "type of a field of File",
		"MemoryRange":         "type of a field of Limits",
		"SessionWrite":        "created by SessionCredentials",
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../gen/gen.gen.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for name, object := range structs(file) {
		response := hasField(object, "AdditionalProperties")
		if !response && !strings.HasSuffix(name, "Write") || hasField(object, "Items") {
			continue // requests, and lists, whose items the methods return
		}
		count++
		listed := slices.ContainsFunc(reachable, func(r reachableType) bool { return r.generated.Name() == name }) || returnedByGen(name)
		if _, ok := exempt[name]; !listed && !ok {
			t.Errorf("gen.%s is not reachable from this package", name)
		}
	}
	check(t, "more generated types than exemptions", count > len(exempt), true)
}

// structs returns the struct types of a file by name.
func structs(file *ast.File) map[string]*ast.StructType {
	types := map[string]*ast.StructType{}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range decl.Specs {
			if spec, ok := s.(*ast.TypeSpec); ok {
				if object, ok := spec.Type.(*ast.StructType); ok {
					types[spec.Name.Name] = object
				}
			}
		}
	}
	return types
}

// timeMethods maps the fields in milliseconds to the methods that return them as times.
var timeMethods = map[reflect.Type]map[string]string{
	reflect.TypeFor[Function]():     {"CreatedTime": "Created", "LastCalled": "LastCall"},
	reflect.TypeFor[Call]():         {"StartTime": "Started", "EndTime": "Ended", "ScheduledTime": "Scheduled"},
	reflect.TypeFor[Schedule]():     {"CreatedTime": "Created"},
	reflect.TypeFor[CallLogEntry](): {"Timestamp": "Time"},
	reflect.TypeFor[Session]():      {"CreationTime": "Created", "ExpirationTime": "Expires"},
	reflect.TypeFor[File](): {
		"CreatedTime": "Created", "LastUpdatedTime": "LastUpdated", "UploadedTime": "UploadedAt",
		"SourceCreatedTime": "SourceCreated", "SourceModifiedTime": "SourceModified",
	},
}

func TestEveryMillisecondFieldHasATime(t *testing.T) {
	t.Parallel()
	for _, r := range reachable {
		for _, name := range exportedFields(r.generated) {
			if !strings.HasSuffix(name, "Time") && name != "Timestamp" && name != "LastCalled" || r.through == r.generated {
				continue
			}
			method := timeMethods[r.through][name]
			if method == "" {
				t.Errorf("%v has no method that returns the time of %s", r.through, name)
				continue
			}
			v := reflect.New(r.through)
			read := func() time.Time {
				got, ok := reflect.TypeAssert[time.Time](v.MethodByName(method).Call(nil)[0])
				check(t, method+" returns a time", ok, true)
				return got
			}
			check(t, r.through.Name()+"."+method+" without a value", read(), time.Time{})
			field := v.Elem().FieldByName(name)
			if field.Kind() == reflect.Pointer {
				field.Set(reflect.New(field.Type().Elem()))
				check(t, r.through.Name()+"."+method+" of 0", read(), time.Time{})
				field = field.Elem()
			}
			field.SetInt(1_700_000_000_123)
			check(t, r.through.Name()+"."+method, read(), time.UnixMilli(1_700_000_000_123))
		}
	}
}

// fill sets every exported field in v, at any depth, to a different value. The values depend only on n.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, n)
		v.SetMapIndex(reflect.ValueOf("key"), value)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[json.RawMessage]() {
			v.SetBytes([]byte(`{"n":` + strings.Repeat("7", *n) + `}`))
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.String:
		v.SetString(strings.Repeat("x", *n))
	case reflect.Float64:
		v.SetFloat(float64(*n))
	default:
		v.SetInt(int64(*n))
	}
}

// scramble overwrites everything that v points to. It changes no pointer.
func scramble(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				scramble(v.Field(i))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			v.Elem().SetZero()
		}
	case reflect.Map:
		v.Clear()
	case reflect.Slice:
		for i := range v.Len() {
			v.Index(i).SetZero()
		}
	default:
	}
}

// checkConversion checks a conversion from a read type to a write type. The conversion keeps every field that both types
// have, only W has the fields in writeOnly, and the two values share no memory. read returns an equal value each time.
// file contains the conversion.
func checkConversion[R, W any](t *testing.T, file string, read func() *R, convert func(*R) W, writeOnly ...string) {
	t.Helper()
	from := read()
	to := convert(from)
	var found []string
	for _, name := range exportedFields(reflect.TypeFor[W]()) {
		want, got := reflect.ValueOf(from).Elem().FieldByName(name), reflect.ValueOf(&to).Elem().FieldByName(name)
		if !want.IsValid() {
			found = append(found, name)
			continue
		}
		if want.Kind() == reflect.Pointer && got.Kind() != reflect.Pointer {
			want = want.Elem()
		}
		if got.IsZero() {
			t.Errorf("wrapper/%s: AsWrite loses %s of %v", file, name, reflect.TypeFor[W]())
		} else if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" {
			t.Errorf("%s (-read +write):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(writeOnly, found); diff != "" {
		t.Errorf("wrapper/reflect_test.go: list the fields that only %v has in the call of checkConversion (-listed +found):\n%s", reflect.TypeFor[W](), diff)
	}
	unchanged := func(what string, want, got any) {
		t.Helper()
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s:\n%s", what, cmp.Diff(jsonOf(t, want), jsonOf(t, got)))
		}
	}
	scramble(reflect.ValueOf(&to).Elem())
	unchanged("a change of the converted value changed the original (-want +got)", read(), from)
	from = read()
	to = convert(from)
	scramble(reflect.ValueOf(from).Elem())
	unchanged("a change of the original changed the converted value (-want +got)", convert(read()), to)
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestFunctionAsWriteKeepsEverything(t *testing.T) {
	t.Parallel()
	read := func() *gen.Function {
		var f gen.Function
		fill(reflect.ValueOf(&f).Elem(), new(int))
		return &f
	}
	checkConversion(t, "function_write.go", read, func(f *gen.Function) FunctionWrite { return (&Function{Function: *f}).AsWrite() }, "ExtraIndexURLs", "IndexURL")
}

func TestScheduleAsWriteKeepsEverything(t *testing.T) {
	t.Parallel()
	read := func() *gen.FunctionSchedule {
		var s gen.FunctionSchedule
		fill(reflect.ValueOf(&s).Elem(), new(int))
		return &s
	}
	convert := func(s *gen.FunctionSchedule) ScheduleWrite {
		c, _ := newFakeClient(t, []responder{respond(200, `{"id":3,"data":{"n":1}}`)})
		w, err := (&Schedule{FunctionSchedule: *s, client: c}).AsWrite(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		check(t, "data", string(w.Data), `{"n":1}`)
		check(t, "nonce", w.Nonce, "")
		return w
	}
	checkConversion(t, "schedule_write.go", read, convert, "Data", "Nonce")
}
