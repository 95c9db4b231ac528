package functions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/gen"
)

// pointerAddress matches what package fmt prints for a pointer in a struct or a slice.
var pointerAddress = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// formats returns how package fmt and package slog show v.
func formats(t *testing.T, v any) map[string]string {
	t.Helper()
	withoutTime := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key != "v" {
			return slog.Attr{}
		}
		return a
	}}
	var text, encoded bytes.Buffer
	slog.New(slog.NewTextHandler(&text, withoutTime)).Info("", "v", v)
	slog.New(slog.NewJSONHandler(&encoded, withoutTime)).Info("", "v", v)
	var record struct{ V string }
	if err := json.Unmarshal(encoded.Bytes(), &record); err != nil {
		t.Errorf("slog with JSON: got %s, want a string", encoded.String())
	}
	check(t, "lines of slog with text", strings.Count(text.String(), "\n"), 1)
	return map[string]string{
		"Sprint": fmt.Sprint(v), "%v": fmt.Sprintf("%v", v), "%+v": fmt.Sprintf("%+v", v), "%s": fmt.Sprintf("%s", v),
		"field %v": strings.Trim(fmt.Sprintf("%v", struct{ V any }{v}), "{}"), "slog with JSON": record.V,
		"slog with text": strings.TrimSuffix(text.String(), "\n"),
	}
}

// printTest is a value and the line that shows it.
type printTest struct {
	value any
	want  string
}

// printTests returns values of each type, with planted secrets.
func printTests(t *testing.T) map[string]printTest {
	t.Helper()
	unknown := map[string]json.RawMessage{"later": json.RawMessage(`"` + plantedKey + `"`)}
	function := Function{client: &Client{}, Function: gen.Function{
		ID: 42, Name: "say\nhello", ExternalID: new("hello"), Status: FunctionReady, FileID: 7,
		Secrets: map[string]string{"k": plantedSecret}, Metadata: map[string]string{"k": plantedToken}, AdditionalProperties: unknown,
	}}
	call := Call{client: &Client{}, FunctionCall: gen.FunctionCall{
		ID: 9, FunctionID: 42, Status: CallFailed, StartTime: 1_000, EndTime: new(int64(3_500)), AdditionalProperties: unknown,
	}}
	if err := json.Unmarshal([]byte(`{"message":"first\nsecond","trace":"`+plantedSecret+`"}`), &call.Error); err != nil {
		t.Fatal(err)
	}
	schedule := Schedule{client: &Client{}, FunctionSchedule: someSchedule(t, oneSchedule)}
	schedule.Name, schedule.AdditionalProperties = "every\nnight", unknown
	session := Session{gen.Session{
		ID: 5, Status: new(SessionReady), Type: new(SessionTypeTokenExchange), ClientID: new("id"), AdditionalProperties: unknown,
	}}
	file := File{gen.FileMetadata{ID: 7, Name: "code\n.zip", Uploaded: true, Metadata: map[string]string{"k": plantedToken}, AdditionalProperties: unknown}}
	line := CallLogEntry{gen.FunctionCallLogEntry{
		Message: new("first\nsecond"), Timestamp: new(int64(1_700_000_000_123)), AdditionalProperties: unknown,
	}}
	created := CreatedSession{gen.CreatedSession{ID: 5, Nonce: plantedNonce, Status: "READY", AdditionalProperties: unknown}}

	const (
		functionLine = `function 42 "say\nhello" (external id hello): Ready`
		callLine     = `call 9 of function 42: Failed after 2.5s: first second`
		scheduleLine = `schedule 3 "every\nnight" of function 42: 0 3 * * * UTC`
		sessionLine  = `session 5: READY (TOKEN_EXCHANGE)`
		fileLine     = `file 7 "code\n.zip": uploaded`
		logLine      = `[2023-11-14 22:13:20.123] first second`
	)
	return map[string]printTest{
		"Function":        {function, functionLine},
		"*Function":       {&function, functionLine},
		"FunctionList":    {FunctionList{&function, &function}, "[" + functionLine + "; " + functionLine + "]"},
		"Call":            {call, callLine},
		"*Call":           {&call, callLine},
		"CallList":        {CallList{&call}, "[" + callLine + "]"},
		"Schedule":        {schedule, scheduleLine},
		"*Schedule":       {&schedule, scheduleLine},
		"ScheduleList":    {ScheduleList{&schedule}, "[" + scheduleLine + "]"},
		"Session":         {session, sessionLine},
		"*Session":        {&session, sessionLine},
		"SessionList":     {SessionList{&session}, "[" + sessionLine + "]"},
		"CreatedSession":  {created, "session 5: READY"},
		"*CreatedSession": {&created, "session 5: READY"},
		"File":            {file, fileLine},
		"*File":           {&file, fileLine},
		"CallLogEntry":    {line, logLine},
		"*CallLogEntry":   {&line, logLine},
		"CallLog":         {CallLog{line, line}, "[" + logLine + "; " + logLine + "]"},
		"empty list":      {FunctionList{}, "[]"},
	}
}

// Programs print and log what the client returns. The result is one line without secrets and pointer addresses.
func TestStrings(t *testing.T) {
	t.Parallel()
	for name, test := range printTests(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for format, got := range formats(t, test.value) {
				want := test.want
				if format == "slog with text" {
					want = "v=" + want
					if strings.ContainsAny(test.want, ` "=`) {
						want = fmt.Sprintf("v=%q", test.want)
					}
				}
				check(t, format, got, want)
				check(t, format+" has a pointer address", pointerAddress.MatchString(got), false)
				check(t, format+" has several lines", strings.Contains(got, "\n"), false)
				for _, secret := range planted {
					check(t, format+" contains "+secret, strings.Contains(got, secret), false)
				}
			}
		})
	}
}

// Optional parts of a line are left out.
func TestStringsWithoutOptionalFields(t *testing.T) {
	t.Parallel()
	var schedule Schedule
	schedule.ID, schedule.Name, schedule.CronExpression = 3, "n", "0 3 * * *"
	byExternalID := schedule
	byExternalID.FunctionExternalID = new("hello")
	tests := map[string]struct {
		value fmt.Stringer
		want  string
	}{
		"function":                  {Function{Function: gen.Function{ID: 42, Name: "hello", Status: FunctionQueued}}, `function 42 "hello": Queued`},
		"call":                      {Call{FunctionCall: gen.FunctionCall{ID: 9, FunctionID: 42, Status: CallRunning, StartTime: 1}}, "call 9 of function 42: Running"},
		"schedule":                  {schedule, `schedule 3 "n" of no function: 0 3 * * * UTC`},
		"schedule with external id": {byExternalID, `schedule 3 "n" of function with external id hello: 0 3 * * * UTC`},
		"session":                   {Session{gen.Session{ID: 5}}, "session 5"},
		"file":                      {File{gen.FileMetadata{ID: 7, Name: "f"}}, `file 7 "f": not uploaded`},
		"log entry":                 {CallLogEntry{}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, "String", test.value.String(), test.want)
		})
	}
}
