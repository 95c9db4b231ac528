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

// reached says how the fields of a generated type are reached from this package.
type reached struct {
	generated reflect.Type
	// by is the type that embeds it or is another name of it; or, with a field, the type that has such a field.
	by    reflect.Type
	field string
	// methods give the fields, by name, where no type of this package has them.
	methods map[string]string
}

// reachable lists the generated types that callers see, for reading and for writing.
var reachable = []reached{
	{generated: reflect.TypeFor[gen.Function](), by: reflect.TypeFor[Function]()},
	{generated: reflect.TypeFor[gen.FunctionBuildError](), by: reflect.TypeFor[Function](), field: "Error"},
	{generated: reflect.TypeFor[gen.FunctionCall](), by: reflect.TypeFor[Call]()},
	{generated: reflect.TypeFor[gen.FunctionSchedule](), by: reflect.TypeFor[Schedule]()},
	{generated: reflect.TypeFor[gen.FunctionCallLogEntry](), by: reflect.TypeFor[CallLogEntry]()},
	{generated: reflect.TypeFor[gen.Session](), by: reflect.TypeFor[Session]()},
	{generated: reflect.TypeFor[gen.CreatedSession](), by: reflect.TypeFor[CreatedSession]()},
	{generated: reflect.TypeFor[gen.FileMetadata](), by: reflect.TypeFor[File]()},
	{generated: reflect.TypeFor[gen.FunctionsLimits](), by: reflect.TypeFor[Limits]()},
	{generated: reflect.TypeFor[gen.FunctionsStatus](), by: reflect.TypeFor[Status]()},
	{generated: reflect.TypeFor[gen.FunctionWrite](), by: reflect.TypeFor[FunctionWrite]()},
	{generated: reflect.TypeFor[gen.FunctionScheduleWrite](), by: reflect.TypeFor[ScheduleWrite]()},
	{generated: reflect.TypeFor[gen.FileWrite](), by: reflect.TypeFor[FileWrite]()},
	// The error of a call is one of two JSON types; Failure reads both, and Call.Error gives either as a whole.
	{generated: reflect.TypeFor[gen.FunctionCallErrorDetails](), by: reflect.TypeFor[*Call](), methods: map[string]string{
		"Message": "Failure", "Trace": "Failure", "AdditionalProperties": "",
	}},
	// The ids in these two answers are those that were asked for. Fields nobody knows yet show through Client.Gen alone.
	{generated: reflect.TypeFor[gen.FunctionCallResponse](), by: reflect.TypeFor[*CallsService](), methods: map[string]string{
		"Response": "Response", "CallID": "", "FunctionID": "", "AdditionalProperties": "",
	}},
	{generated: reflect.TypeFor[gen.FunctionScheduleInputData](), by: reflect.TypeFor[*SchedulesService](), methods: map[string]string{
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
				f, ok := r.by.FieldByName(r.field)
				check(t, "there is a field "+r.field, ok, true)
				check(t, "its type", f.Type, reflect.PointerTo(r.generated))
			case !r.generated.ConvertibleTo(r.by): // otherwise it has the very same fields
				checkEmbedded(t, r)
			}
		})
	}
}

// checkEmbedded makes sure that nothing hides a field of the embedded type.
func checkEmbedded(t *testing.T, r reached) {
	t.Helper()
	for _, name := range exportedFields(r.generated) {
		want, _ := r.generated.FieldByName(name)
		got, ok := r.by.FieldByName(name)
		if !ok || got.Type != want.Type || len(got.Index) != 2 {
			t.Errorf("%s.%s is not the field of %v", r.by, name, r.generated)
		}
		if _, hidden := reflect.PointerTo(r.by).MethodByName(name); hidden {
			t.Errorf("a method hides the field %s.%s", r.by, name)
		}
	}
}

func checkMethods(t *testing.T, r reached) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(exportedFields(r.generated))), slices.Sorted(maps.Keys(r.methods))); diff != "" {
		t.Errorf("fields (-of the generated type +listed):\n%s", diff)
	}
	for field, name := range r.methods {
		if name == "" {
			continue
		}
		method, ok := r.by.MethodByName(name)
		if !ok {
			t.Errorf("%v has no method %s for the field %s", r.by, name, field)
			continue
		}
		want, _ := r.generated.FieldByName(field)
		wanted := want.Type
		if wanted.Kind() == reflect.Pointer {
			wanted = wanted.Elem()
		}
		check(t, "what "+name+" returns", method.Type.Out(0), wanted)
	}
}

// returnedByGen reports whether a method of Client.Gen returns the type.
func returnedByGen(name string) bool {
	return slices.ContainsFunc(typedmethods.All(), func(m reflect.Method) bool { return m.Type.Out(0).Elem().Name() == name })
}

func hasField(object *ast.StructType, name string) bool {
	return slices.ContainsFunc(object.Fields.List, func(f *ast.Field) bool { return len(f.Names) == 1 && f.Names[0].Name == name })
}

// A type that the description adds must be made reachable, or be named here with the reason why nobody needs it.
func TestNoGeneratedTypeIsForgotten(t *testing.T) {
	t.Parallel()
	exempt := map[string]string{
		"CPURange":            "a field of Limits holds it",
		"Error":               "APIError holds it",
		"FileDownloadLink":    "Files.Download follows it",
		"FileUpload":          "Files.Upload follows it and returns the File",
		"GeoLocation":         "a field of File holds it",
		"GeoLocationGeometry": "a field of GeoLocation holds it",
		"InstanceID":          "a field of File holds it",
		"Label":               "a field of File holds it",
		"MemoryRange":         "a field of Limits holds it",
		"SessionWrite":        "SessionCredentials makes it",
	}
	file, err := parser.ParseFile(token.NewFileSet(), "../gen/gen.gen.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for name, object := range structs(file) {
		read := hasField(object, "AdditionalProperties")
		if !read && !strings.HasSuffix(name, "Write") || hasField(object, "Items") {
			continue // requests, and the lists whose items the methods return
		}
		seen++
		listed := slices.ContainsFunc(reachable, func(r reached) bool { return r.generated.Name() == name }) || returnedByGen(name)
		if _, ok := exempt[name]; !listed && !ok {
			t.Errorf("gen.%s is not reachable from this package", name)
		}
	}
	check(t, "the generated types were found", seen > len(exempt), true)
}

func structs(file *ast.File) map[string]*ast.StructType {
	found := map[string]*ast.StructType{}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range decl.Specs {
			if spec, ok := s.(*ast.TypeSpec); ok {
				if object, ok := spec.Type.(*ast.StructType); ok {
					found[spec.Name.Name] = object
				}
			}
		}
	}
	return found
}

// timeMethods are the methods that turn the milliseconds of fields into times.
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
			if !strings.HasSuffix(name, "Time") && name != "Timestamp" && name != "LastCalled" || r.by == r.generated {
				continue
			}
			method := timeMethods[r.by][name]
			if method == "" {
				t.Errorf("%v has no method for the time %s", r.by, name)
				continue
			}
			v := reflect.New(r.by)
			read := func() time.Time {
				got, ok := reflect.TypeAssert[time.Time](v.MethodByName(method).Call(nil)[0])
				check(t, method+" returns a time", ok, true)
				return got
			}
			check(t, r.by.Name()+"."+method+" of nothing", read(), time.Time{})
			field := v.Elem().FieldByName(name)
			if field.Kind() == reflect.Pointer {
				field.Set(reflect.New(field.Type().Elem()))
				check(t, r.by.Name()+"."+method+" of 0", read(), time.Time{})
				field = field.Elem()
			}
			field.SetInt(1_700_000_000_123)
			check(t, r.by.Name()+"."+method, read(), time.UnixMilli(1_700_000_000_123))
		}
	}
}

// fill gives every exported field below v a value that no other has; the same again for the same n.
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

// scramble changes everything that v points to, but no pointer.
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

// checkConversion holds a conversion to a write type against the read type: every field of the same name is kept, the
// others are those listed, and the two share no memory. read makes the same value each time.
func checkConversion[R, W any](t *testing.T, read func() *R, convert func(*R) W, without ...string) {
	t.Helper()
	from := read()
	to := convert(from)
	var missing []string
	for _, name := range exportedFields(reflect.TypeFor[W]()) {
		want, got := reflect.ValueOf(from).Elem().FieldByName(name), reflect.ValueOf(&to).Elem().FieldByName(name)
		if !want.IsValid() {
			missing = append(missing, name)
			continue
		}
		if want.Kind() == reflect.Pointer && got.Kind() != reflect.Pointer {
			want = want.Elem()
		}
		if got.IsZero() {
			t.Errorf("wrapper/write.go: AsWrite loses %s of %v", name, reflect.TypeFor[W]())
		} else if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" {
			t.Errorf("%s (-read +write):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(without, missing); diff != "" {
		t.Errorf("wrapper/reflect_test.go: list the fields that only %v has, in the call of checkConversion (-listed +found):\n%s", reflect.TypeFor[W](), diff)
	}
	unchanged := func(what string, want, got any) {
		t.Helper()
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s share memory:\n%s", what, cmp.Diff(jsonOf(t, want), jsonOf(t, got)))
		}
	}
	scramble(reflect.ValueOf(&to).Elem())
	unchanged("changing what was converted: the two", read(), from)
	from = read()
	to = convert(from)
	scramble(reflect.ValueOf(from).Elem())
	unchanged("changing the original: the two", convert(read()), to)
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
	checkConversion(t, read, func(f *gen.Function) FunctionWrite { return (&Function{Function: *f}).AsWrite() }, "ExtraIndexURLs", "IndexURL")
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
	checkConversion(t, read, convert, "Data", "Nonce")
}
