package functions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

// plantedFields are the JSON fields with secrets that each object of this test has besides its own ones.
const plantedFields = `,"nonce":"` + plantedNonce + `","accessToken":"` + plantedToken + `","secrets":{"key":"` + plantedSecret + `"},` +
	`"uploadUrl":"https://files.example.com/` + plantedKey + `"}`

// decode returns a value from JSON.
func decode[T any](t *testing.T, object string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(object), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// stringers are the types with a String method for people: a value and the words of its line.
func stringers(t *testing.T) map[string]struct {
	value any
	words []string
} {
	t.Helper()
	fn := decode[Function](t, `{"id":42,"name":"a\nb","externalId":"he\nllo","fileId":7,"status":"Rea\ndy","createdTime":1`+plantedFields)
	call := decode[Call](t, `{"id":9,"functionId":42,"status":"Failed","startTime":1000,"endTime":3000,"error":{"message":"division\nby zero"}`+plantedFields)
	schedule := decode[Schedule](t, `{"id":3,"name":"a\nb","functionId":42,"cronExpression":"0 3\n* * *","when":"","createdTime":1,"sessionId":5`+plantedFields)
	session := decode[Session](t, `{"id":5,"status":"READY","type":"CLIENT_CREDENTIALS","clientId":"c"`+plantedFields)
	created := decode[CreatedSession](t, `{"id":5,"status":"READY"`+plantedFields)
	file := decode[File](t, `{"id":7,"name":"a\nb.zip","uploaded":true,"createdTime":1,"lastUpdatedTime":1`+plantedFields)
	line := decode[CallLogEntry](t, `{"timestamp":1700000000123,"message":"first\nsecond"`+plantedFields)
	return map[string]struct {
		value any
		words []string
	}{
		"Function":       {fn, []string{"function 42", "external id he llo", "Rea dy"}},
		"Call":           {call, []string{"call 9 of function 42", "Failed", "2s", "division by zero"}},
		"Schedule":       {schedule, []string{"schedule 3", "function 42", "0 3 * * *"}},
		"Session":        {session, []string{"session 5", "READY"}},
		"CreatedSession": {created, []string{"session 5", "READY"}},
		"File":           {file, []string{"file 7", "uploaded"}},
		"CallLogEntry":   {line, []string{"2023-11-14 22:13:20.123", "first second"}},
		"CallLog":        {CallLog{line, line}, []string{"first second", "; "}},
		"FunctionList":   {FunctionList{&fn, &fn}, []string{"function 42", "; "}},
		"CallList":       {CallList{&call, &call}, []string{"call 9", "; "}},
		"ScheduleList":   {ScheduleList{&schedule, &schedule}, []string{"schedule 3", "; "}},
		"SessionList":    {SessionList{&session, &session}, []string{"session 5", "; "}},
	}
}

// Values, pointers and lists of the types with a String method are one line in package fmt and package slog. The line has no
// secret and no address of a pointer.
func TestStringsAreOneLine(t *testing.T) {
	t.Parallel()
	for name, test := range stringers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pointer := reflect.New(reflect.TypeOf(test.value))
			pointer.Elem().Set(reflect.ValueOf(test.value))
			list := reflect.Append(reflect.MakeSlice(reflect.SliceOf(pointer.Type()), 0, 1), pointer)
			for what, v := range map[string]any{"value": test.value, "pointer": pointer.Interface(), "list": list.Interface()} {
				texts := map[string]string{
					"Sprint": fmt.Sprint(v), "%v": fmt.Sprintf("%v", v), "%+v": fmt.Sprintf("%+v", v), "%s": fmt.Sprintf("%s", v),
				}
				if what != "list" { // package slog does not call LogValue for the elements of a list
					var text, object bytes.Buffer
					slog.New(slog.NewTextHandler(&text, nil)).Info("message", "v", v)
					slog.New(slog.NewJSONHandler(&object, nil)).Info("message", "v", v)
					texts["slog.TextHandler"], texts["slog.JSONHandler"] = strings.TrimSpace(text.String()), strings.TrimSpace(object.String())
				}
				for format, text := range texts {
					checkLine(t, format+" of the "+what, text, test.words)
				}
			}
		})
	}
}

func TestListsWithNil(t *testing.T) {
	t.Parallel()
	check(t, "list of nil", FunctionList{nil}.String(), "[<nil>]")
	check(t, "empty list", CallList(nil).String(), "[]")
}

// checkLine fails the test unless text is one line with the words, without a secret and without an address.
func checkLine(t *testing.T, what, text string, words []string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s = %s, want it to contain %q", what, text, word)
		}
	}
	for _, excluded := range append([]string{"\n", "\r", "0xc0", "AdditionalProperties", "<nil>"}, planted...) {
		if strings.Contains(text, excluded) {
			t.Errorf("%s = %s, want it without %q", what, text, excluded)
		}
	}
}

// Each exported type with a String method also has LogValue, and is in the table of this test.
func TestEveryStringerIsTested(t *testing.T) {
	t.Parallel()
	tested := stringers(t)
	methods := map[string]bool{}
	for _, source := range sources(t) {
		for _, decl := range source.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				methods[receiver(f)+"."+f.Name.Name] = true
			}
		}
	}
	for method := range methods {
		name, found := strings.CutSuffix(method, ".LogValue")
		if !found || name == "Secret" || name == "SessionCredentials" || strings.HasSuffix(name, "Error") {
			continue
		}
		if !methods[name+".String"] {
			t.Errorf("%s has LogValue without String", name)
		}
		if _, ok := tested[name]; !ok {
			t.Errorf("add %s to the table stringers", name)
		}
	}
	for name := range tested {
		check(t, name+" has LogValue", methods[name+".LogValue"], true)
	}
}
