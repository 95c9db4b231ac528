package functions

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

// future is a field that nobody knows yet, with a number that no machine type holds.
const future = `,"future":{"list":[1,null,{"deep":true}],"n":12345678901234567890}`

// wire is what the service may send for one read type: with every known field, with as few as the API promises, and with
// odd values.
type wire struct {
	full, least string
	odd         []string
}

var wires = map[reflect.Type]wire{
	reflect.TypeFor[Function](): {
		full: `{"id":9007199254740991,"name":"f","externalId":"e","fileId":7,"status":"Retired","createdTime":1,"lastCalled":2,"cpu":0.25,"memory":1.5,
			"description":"d","owner":"o","functionPath":"a/b.py","functionType":"modern","runtime":"py399","runtimeVersion":"Python 3.99","metadata":{"a":"b"},
			"secrets":{"a":"***"},"envVars":{"A":"B"},"error":{"message":"m","trace":"t"` + future + `}` + future + `}`,
		least: `{"id":1,"name":"f","fileId":7,"status":"Queued","createdTime":1}`,
		odd: []string{
			`{"id":1,"name":"","fileId":7,"status":"","createdTime":0,"externalId":"","cpu":0,"metadata":{},"secrets":{},"envVars":{},"error":{}}`,
		},
	},
	reflect.TypeFor[Call](): {
		full: `{"id":1,"functionId":2,"status":"Cancelled","startTime":3,"endTime":4,"scheduleId":5,"scheduledTime":6,
			"error":{"message":"m","trace":"t"` + future + `}` + future + `}`,
		least: `{"id":1,"functionId":2,"status":"Running","startTime":3}`,
		odd: []string{
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
		full: `{"timestamp":1,"message":"m"` + future + `}`, least: `{"timestamp":1}`, odd: []string{`{"timestamp":0,"message":""}`, `{"message":"m"}`},
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
		odd: []string{`{"response":null}`, `{"response":"text"}`, `{"response":[1,null]}`, `{"response":12345678901234567890}`, `{"response":false}`},
	},
	reflect.TypeFor[gen.FunctionScheduleInputData](): {
		full: `{"id":1,"data":{"n":12345678901234567890}` + future + `}`, least: `{"id":1}`, odd: []string{`{"id":1,"data":{}}`},
	},
}

// What was read encodes to what the service sent: every field, known or not, and none that was absent.
func TestJSONIsThatOfTheWire(t *testing.T) {
	t.Parallel()
	for typ, w := range wires {
		t.Run(typ.Name(), func(t *testing.T) {
			t.Parallel()
			for _, text := range append([]string{completed(t, typ, w.full), w.least}, w.odd...) {
				v := reflect.New(typ)
				if err := json.Unmarshal([]byte(text), v.Interface()); err != nil {
					t.Errorf("%s: %v", text, err)
					continue
				}
				for what, shown := range map[string]any{"by value": v.Elem().Interface(), "by pointer": v.Interface()} {
					if diff := cmp.Diff(loose(t, text), loose(t, jsonOf(t, shown))); diff != "" {
						t.Errorf("%s (-wire +encoded):\n%s", what, diff)
					}
				}
			}
		})
	}
}

// completed adds the fields of the generated type that a JSON object lacks, so that fields that are new in the description
// are tested as well.
func completed(t *testing.T, typ reflect.Type, full string) string {
	t.Helper()
	for _, r := range reachable {
		if r.through == typ && r.field == "" {
			typ = r.generated
		}
	}
	sent, ok := loose(t, full).(map[string]any)
	check(t, "the JSON is an object", ok, true)
	for f := range typ.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if _, ok := sent[name]; !ok && name != "-" {
			sent[name] = sample(f.Type)
		}
	}
	return jsonOf(t, sent)
}

// sample returns JSON for a generated type.
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

// loose reads JSON of any form without losing a digit.
func loose(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// A created session is the exception: encoded, it hides its nonce.
func TestJSONOfACreatedSession(t *testing.T) {
	t.Parallel()
	var s CreatedSession
	text := completed(t, reflect.TypeFor[CreatedSession](),
		`{"id":1,"status":"READY","type":"MAGIC","clientId":"c","nonce":"`+plantedNonce+`"`+future+`}`)
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(loose(t, strings.Replace(text, plantedNonce, "***", 1)), loose(t, jsonOf(t, s))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the service sends through the client's methods arrives whole.
func TestUnknownFieldsThroughTheClient(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, []responder{
		respond(200, `{"items":[`+wires[reflect.TypeFor[Function]()].full+`]}`), respond(200, `{"items":[`+wires[reflect.TypeFor[Call]()].full+`]}`),
		respond(200, `{"items":[`+wires[reflect.TypeFor[Schedule]()].full+`]}`), respond(200, `{"items":[`+wires[reflect.TypeFor[Session]()].full+`]}`),
		respond(200, wires[reflect.TypeFor[Limits]()].full), respond(200, wires[reflect.TypeFor[Status]()].full),
	})
	ctx := t.Context()
	fn, err := c.Retrieve(ctx, ID(9007199254740991))
	arrived(t, fn, fn.AdditionalProperties, err)
	call, err := c.Calls.Retrieve(ctx, ID(2), 1)
	arrived(t, call, call.AdditionalProperties, err)
	schedule, err := c.Schedules.Retrieve(ctx, 1)
	arrived(t, schedule, schedule.AdditionalProperties, err)
	check(t, "session", schedule.Session(), "12345678901234567890")
	session, err := c.Sessions.Retrieve(ctx, 1)
	arrived(t, session, session.AdditionalProperties, err)
	limits, err := c.Limits(ctx)
	arrived(t, limits, limits.AdditionalProperties, err)
	status, err := c.Status(ctx)
	arrived(t, status, status.AdditionalProperties, err)
}

func arrived(t *testing.T, v any, additional map[string]json.RawMessage, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	check(t, "the unknown field", string(additional["future"]), strings.TrimPrefix(future, `,"future":`))
	typ := reflect.TypeOf(v).Elem()
	if diff := cmp.Diff(loose(t, wires[typ].full), loose(t, jsonOf(t, v))); diff != "" {
		t.Errorf("%v (-wire +encoded):\n%s", typ, diff)
	}
}
