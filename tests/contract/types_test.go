package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/tests/contract/exchange"
	functions "github.com/cogfn/cogfn/wrapper"
)

// operationTypes are the types that an operation's bodies are read into.
type operationTypes struct {
	// parse is the generated client's reading of an answer.
	parse func(*http.Response) (any, error)
	// request makes a value of the generated type of the request; nil if there is no body.
	request func() any
	// item makes a value of the wrapper's type of what answers hold; nil where the wrapper has none.
	item func() any
}

func of[T any](parse func(*http.Response) (*T, error), request, item func() any) operationTypes {
	return operationTypes{func(resp *http.Response) (any, error) { return parse(resp) }, request, item}
}

func a[T any]() any { return new(T) }

// typesOf has the types of every operation.
var typesOf = map[string]operationTypes{
	"getFunctions":                 of(gen.ParseGetFunctionsResult, nil, a[functions.Function]),
	"postFunctions":                of(gen.ParsePostFunctionsResult, a[gen.FunctionCreateRequest], a[functions.Function]),
	"listFunctions":                of(gen.ParseListFunctionsResult, a[gen.FunctionListRequest], a[functions.Function]),
	"byIdsFunctions":               of(gen.ParseByIdsFunctionsResult, a[gen.FunctionByIdsRequest], a[functions.Function]),
	"deleteFunctions":              of(gen.ParseDeleteFunctionsResult, a[gen.FunctionDeleteRequest], nil),
	"functionsLimits":              of(gen.ParseFunctionsLimitsResult, nil, a[functions.Limits]),
	"getFunctionsStatus":           of(gen.ParseGetFunctionsStatusResult, nil, a[functions.Status]),
	"postFunctionsStatus":          of(gen.ParsePostFunctionsStatusResult, nil, a[functions.Status]),
	"getFunction":                  of(gen.ParseGetFunctionResult, nil, a[functions.Function]),
	"postFunctionsCall":            of(gen.ParsePostFunctionsCallResult, a[gen.FunctionCallRequest], a[functions.Call]),
	"getFunctionCalls":             of(gen.ParseGetFunctionCallsResult, nil, a[functions.Call]),
	"listFunctionCalls":            of(gen.ParseListFunctionCallsResult, a[gen.FunctionCallListRequest], a[functions.Call]),
	"byIdsFunctionCalls":           of(gen.ParseByIdsFunctionCallsResult, a[gen.FunctionCallByIdsRequest], a[functions.Call]),
	"getFunctionCall":              of(gen.ParseGetFunctionCallResult, nil, a[functions.Call]),
	"getFunctionCallResponse":      of(gen.ParseGetFunctionCallResponseResult, nil, nil),
	"getFunctionCallLogs":          of(gen.ParseGetFunctionCallLogsResult, nil, a[functions.CallLogEntry]),
	"getFunctionSchedules":         of(gen.ParseGetFunctionSchedulesResult, nil, a[functions.Schedule]),
	"postFunctionSchedules":        of(gen.ParsePostFunctionSchedulesResult, a[gen.FunctionScheduleCreateRequest], a[functions.Schedule]),
	"listFunctionSchedules":        of(gen.ParseListFunctionSchedulesResult, a[gen.FunctionScheduleListRequest], a[functions.Schedule]),
	"byIdsFunctionSchedules":       of(gen.ParseByIdsFunctionSchedulesResult, a[gen.FunctionScheduleByIdsRequest], a[functions.Schedule]),
	"deleteFunctionSchedules":      of(gen.ParseDeleteFunctionSchedulesResult, a[gen.FunctionScheduleDeleteRequest], nil),
	"getFunctionSchedule":          of(gen.ParseGetFunctionScheduleResult, nil, a[functions.Schedule]),
	"getFunctionScheduleInputData": of(gen.ParseGetFunctionScheduleInputDataResult, nil, nil),
	"listSessions":                 of(gen.ParseListSessionsResult, nil, a[functions.Session]),
	"createSessions":               of(gen.ParseCreateSessionsResult, a[gen.SessionCreateRequest], a[functions.CreatedSession]),
	"getSessionsByIds":             of(gen.ParseGetSessionsByIdsResult, a[gen.SessionByIdsRequest], a[functions.Session]),
	"revokeSessions":               of(gen.ParseRevokeSessionsResult, a[gen.SessionRevokeRequest], a[functions.Session]),
	"initFileUpload":               of(gen.ParseInitFileUploadResult, a[gen.FileWrite], nil),
	"byIdsFiles":                   of(gen.ParseByIdsFilesResult, a[gen.FileByIdsRequest], a[functions.File]),
	"getFileByInternalId":          of(gen.ParseGetFileByInternalIDResult, nil, a[functions.File]),
	"deleteFiles":                  of(gen.ParseDeleteFilesResult, a[gen.FileDeleteRequest], nil),
	"downloadLinks":                of(gen.ParseDownloadLinksResult, a[gen.FileDownloadLinkRequest], nil),
}

func asAPIError(err error) (*functions.APIError, bool) {
	return errors.AsType[*functions.APIError](err)
}

func encoded(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// compare fails the test at the first place where two JSON values differ. got may be an error.
func compare(t *testing.T, x *exchange.Exchange, what string, want, got any) {
	t.Helper()
	if err, ok := got.(error); ok {
		t.Errorf("%v: %s: %v", x, what, err)
		return
	}
	if place, differ := difference("", want, got); differ {
		t.Errorf("%v: %s: decoding and encoding changed the value at %q", x, what, place)
	}
}

// absentForNull is the one property whose null becomes an absent property, since Go has one nil for both.
const absentForNull = "/error/trace"

// difference returns the JSON pointer of the first place where two values differ. Numbers are compared by value.
func difference(place string, want, got any) (string, bool) {
	switch want := want.(type) {
	case map[string]any:
		other, ok := got.(map[string]any)
		if !ok {
			return place, true
		}
		for _, key := range slices.Sorted(maps.Keys(union(want, other))) {
			_, kept := other[key]
			if dropped := want[key] == nil && strings.HasSuffix(place+"/"+key, absentForNull); !kept && !dropped {
				return place + "/" + key, true
			}
			if at, differ := difference(place+"/"+key, want[key], other[key]); differ {
				return at, true
			}
		}
		return "", false
	case []any:
		other, ok := got.([]any)
		if !ok || len(other) != len(want) {
			return place, true
		}
		for i := range want {
			if at, differ := difference(fmt.Sprintf("%s/%d", place, i), want[i], other[i]); differ {
				return at, true
			}
		}
		return "", false
	case json.Number:
		other, ok := got.(json.Number)
		return place, !ok || !equalNumbers(want, other)
	default:
		return place, want != got
	}
}

func union(a, b map[string]any) map[string]any {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

func equalNumbers(a, b json.Number) bool {
	x, okX := new(big.Rat).SetString(a.String())
	y, okY := new(big.Rat).SetString(b.String())
	return okX && okY && x.Cmp(y) == 0
}
