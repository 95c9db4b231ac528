package functions

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

// future is a field that no version knows, with a number that exceeds every integer type.
const future = `,"future":{"list":[1,null,{"deep":true}],"n":12345678901234567890}`

// examples are JSON objects that the service may send for a type: one with every known field, one with the required fields
// only, and others with unusual values.
type examples struct {
	full, least string
	unusual     []string
}

var examplesOf = map[reflect.Type]examples{
	reflect.TypeFor[Function](): {
		full: `{"id":9007199254740991,"name":"f","externalId":"e","fileId":7,"status":"Retired","createdTime":1,"lastCalled":2,"cpu":0.25,"memory":1.5,
			"description":"d","owner":"o","functionPath":"a/b.py","functionType":"modern","runtime":"py399","runtimeVersion":"Python 3.99","metadata":{"a":"b"},
			"secrets":{"a":"***"},"envVars":{"A":"B"},"error":{"message":"m","trace":"t"` + future + `}` + future + `}`,
		least: `{"id":1,"name":"f","fileId":7,"status":"Queued","createdTime":1}`,
		unusual: []string{
			`{"id":1,"name":"","fileId":7,"status":"","createdTime":0,"externalId":"","cpu":0,"metadata":{},"secrets":{},"envVars":{},"error":{}}`,
		},
	},
	reflect.TypeFor[Call](): {
		full: `{"id":1,"functionId":2,"status":"Cancelled","startTime":3,"endTime":4,"scheduleId":5,"scheduledTime":6,
			"error":{"message":"m","trace":"t"` + future + `}` + future + `}`,
		least: `{"id":1,"functionId":2,"status":"Running","startTime":3}`,
		unusual: []string{
			`{"id":1,"functionId":2,"status":"Failed","startTime":3,"error":"ZeroDivisionError: division by zero"}`,
			`{"id":1,"functionId":2,"status":"Failed","startTime":3,"error":{}}`,
		},
	},
	reflect.TypeFor[Schedule](): {
		full: `{"id":1,"name":"s","createdTime":2,"cronExpression":"* * * * *","when":"Every minute","description":"d","functionId":3,
			"functionExternalId":"e","sessionId":12345678901234567890` + future + `}`,
		least: `{"id":1,"name":"s","createdTime":2,"cronExpression":"* * * * *","when":"","sessionId":"4"}`,
	},
	reflect.TypeFor[CallLogEntry](): {
		full: `{"timestamp":1,"message":"m"` + future + `}`, least: `{"timestamp":1}`, unusual: []string{`{"timestamp":0,"message":""}`, `{"message":"m"}`},
	},
	reflect.TypeFor[Session](): {
		full:  `{"id":1,"status":"SLEEPING","type":"MAGIC","clientId":"c","creationTime":2,"expirationTime":3` + future + `}`,
		least: `{"id":1}`,
	},
	reflect.TypeFor[File](): {
		full: `{"id":1,"name":"n","createdTime":2,"lastUpdatedTime":3,"uploaded":true,"uploadedTime":4,"externalId":"e","dataSetId":5,"directory":"/d",
			"mimeType":"application/zip","source":"s","sourceCreatedTime":6,"sourceModifiedTime":7,"metadata":{"a":"b"},"assetIds":[8],
			"securityCategories":[9],"labels":[{"externalId":"l"}],"instanceId":{"space":"s","externalId":"e"},
			"geoLocation":{"type":"Feature","geometry":{"type":"Point","coordinates":[1.5,2]},"properties":{"a":"b"}}` + future + `}`,
		least: `{"id":1,"name":"n","createdTime":2,"lastUpdatedTime":3,"uploaded":false}`,
	},
	reflect.TypeFor[Limits](): {
		full: `{"timeoutMinutes":9,"cpuCores":{"min":0.1,"max":3,"default":1},"memoryGb":{"min":0.1,"max":5,"default":1.5},"runtimes":["py399"],
			"responseSizeMb":1` + future + `}`,
		least: `{"timeoutMinutes":9,"cpuCores":{"min":1,"max":1,"default":1},"memoryGb":{"min":1,"max":1,"default":1},"runtimes":[]}`,
	},
	reflect.TypeFor[Status](): {full: `{"status":"dreaming"` + future + `}`, least: `{"status":"inactive"}`},
	reflect.TypeFor[gen.FunctionCallResponse](): {
		full: `{"callId":1,"functionId":2,"response":{"n":12345678901234567890,"f":0.10}` + future + `}`, least: `{"callId":1}`,
		unusual: []string{`{"response":null}`, `{"response":"text"}`, `{"response":[1,null]}`, `{"response":12345678901234567890}`, `{"response":false}`},
	},
	reflect.TypeFor[gen.FunctionScheduleInputData](): {
		full: `{"id":1,"data":{"n":12345678901234567890}` + future + `}`, least: `{"id":1}`, unusual: []string{`{"id":1,"data":{}}`},
	},
}

// A decoded object encodes to the JSON that the service sent: every field, known or unknown, and no absent field.
func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	for typ, w := range examplesOf {
		t.Run(typ.Name(), func(t *testing.T) {
			t.Parallel()
			for _, text := range append([]string{completed(t, typ, w.full), w.least}, w.unusual...) {
				v := reflect.New(typ)
				if err := json.Unmarshal([]byte(text), v.Interface()); err != nil {
					t.Errorf("%s: %v", text, err)
					continue
				}
				for what, decoded := range map[string]any{"value": v.Elem().Interface(), "pointer": v.Interface()} {
					if diff := cmp.Diff(decodeAny(t, text), decodeAny(t, jsonOf(t, decoded))); diff != "" {
						t.Errorf("%s (-sent +encoded):\n%s", what, diff)
					}
				}
			}
		})
	}
}

// completed adds the fields of the generated type that are missing in a JSON object, so that new fields of the description
// are tested as well.
func completed(t *testing.T, typ reflect.Type, full string) string {
	t.Helper()
	for _, r := range reachable {
		if r.through == typ && r.field == "" {
			typ = r.generated
		}
	}
	sent, ok := decodeAny(t, full).(map[string]any)
	check(t, "the example is an object", ok, true)
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if _, ok := sent[name]; !ok && name != "-" {
			sent[name] = sample(f.Type)
		}
	}
	return jsonOf(t, sent)
}

// sample returns a JSON value for a generated type.
func sample(typ reflect.Type) any {
	if typ == reflect.TypeFor[json.RawMessage]() {
		return map[string]any{"n": 1}
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return sample(typ.Elem())
	case reflect.String:
		return "new"
	case reflect.Bool:
		return true
	case reflect.Slice:
		return []any{sample(typ.Elem())}
	case reflect.Map:
		return map[string]any{"key": sample(typ.Elem())}
	case reflect.Struct:
		fields := map[string]any{}
		for f := range typ.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "-" && f.IsExported() {
				fields[name] = sample(f.Type)
			}
		}
		return fields
	default:
		return 7
	}
}

// decodeAny decodes JSON and keeps every digit of its numbers.
func decodeAny(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The JSON of a created session has no nonce.
func TestJSONOfCreatedSession(t *testing.T) {
	t.Parallel()
	var s CreatedSession
	text := completed(t, reflect.TypeFor[CreatedSession](),
		`{"id":1,"status":"READY","type":"MAGIC","clientId":"c","nonce":"`+plantedNonce+`"`+future+`}`)
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decodeAny(t, strings.Replace(text, plantedNonce, "***", 1)), decodeAny(t, jsonOf(t, s))); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

// The methods of the client return unknown fields.
func TestMethodsReturnUnknownFields(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, []responder{
		respond(200, `{"items":[`+examplesOf[reflect.TypeFor[Function]()].full+`]}`), respond(200, `{"items":[`+examplesOf[reflect.TypeFor[Call]()].full+`]}`),
		respond(200, `{"items":[`+examplesOf[reflect.TypeFor[Schedule]()].full+`]}`), respond(200, `{"items":[`+examplesOf[reflect.TypeFor[Session]()].full+`]}`),
		respond(200, examplesOf[reflect.TypeFor[Limits]()].full), respond(200, examplesOf[reflect.TypeFor[Status]()].full),
	})
	ctx := t.Context()
	fn, err := c.Retrieve(ctx, ID(9007199254740991))
	checkUnknownFields(t, fn, fn.AdditionalProperties, err)
	call, err := c.Calls.Retrieve(ctx, ID(2), 1)
	checkUnknownFields(t, call, call.AdditionalProperties, err)
	schedule, err := c.Schedules.Retrieve(ctx, 1)
	checkUnknownFields(t, schedule, schedule.AdditionalProperties, err)
	check(t, "session", schedule.Session(), "12345678901234567890")
	session, err := c.Sessions.Retrieve(ctx, 1)
	checkUnknownFields(t, session, session.AdditionalProperties, err)
	limits, err := c.Limits(ctx)
	checkUnknownFields(t, limits, limits.AdditionalProperties, err)
	status, err := c.Status(ctx)
	checkUnknownFields(t, status, status.AdditionalProperties, err)
}

// checkUnknownFields fails the test unless v encodes to the JSON of its example.
func checkUnknownFields(t *testing.T, v any, additional map[string]json.RawMessage, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	check(t, "unknown field", string(additional["future"]), strings.TrimPrefix(future, `,"future":`))
	typ := reflect.TypeOf(v).Elem()
	if diff := cmp.Diff(decodeAny(t, examplesOf[typ].full), decodeAny(t, jsonOf(t, v))); diff != "" {
		t.Errorf("%v (-sent +encoded):\n%s", typ, diff)
	}
}
