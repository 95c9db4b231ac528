package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

const (
	oneSchedule = `{"items":[{"id":3,"name":"nightly","createdTime":1700000000000,"cronExpression":"0 3 * * *","when":"At 3:00","functionId":42,"sessionId":5}]}`
	nightly     = "0 3 * * *"
)

func nightlyWrite() ScheduleWrite { return ScheduleWrite{Name: "nightly", CronExpression: nightly} }

// Every attempt to create a schedule has a session of its own, by the rules of calls.
func TestEveryAttemptOfAScheduleHasItsOwnNonce(t *testing.T) {
	t.Parallel()
	created := respond(201, oneSchedule)
	own := nightlyWrite()
	own.Nonce = "in w"
	tests := map[string]struct {
		w       ScheduleWrite
		answers []responder
		opts    []SessionOption
		nonces  string
		status  int // of the *APIError; 0 for success, 1 for a *RequestError
	}{
		"at once":                  {nightlyWrite(), []responder{created}, nil, "nonce-1", 0},
		"too many":                 {nightlyWrite(), append(times(2, errorResponse(429, "slow down")), created), nil, "nonce-1 nonce-2 nonce-3", 0},
		"no connection":            {nightlyWrite(), []responder{connectionRefused(), created}, nil, "nonce-1 nonce-2", 0},
		"lost behind a proxy":      {nightlyWrite(), []responder{errorResponse(502, "bad gateway")}, nil, "nonce-1", 502},
		"connection lost":          {nightlyWrite(), []responder{connectionReset()}, nil, "nonce-1", 1},
		"answer breaks off":        {nightlyWrite(), []responder{truncated(201, oneSchedule)}, nil, "nonce-1", 1},
		"answer without schedule":  {nightlyWrite(), []responder{respond(201, `{"items":[]}`)}, nil, "nonce-1", 1},
		"refused":                  {nightlyWrite(), []responder{errorResponse(400, "no")}, nil, "nonce-1", 400},
		"own nonce":                {nightlyWrite(), []responder{created}, []SessionOption{WithNonce("mine")}, "mine", 0},
		"own nonce, too many":      {nightlyWrite(), []responder{errorResponse(429, "slow down")}, []SessionOption{WithNonce("mine")}, "mine", 429},
		"own nonce, no connection": {nightlyWrite(), []responder{connectionRefused(), created}, []SessionOption{WithNonce("mine")}, "mine mine", 0},
		"nonce in w":               {own, []responder{created}, nil, "in w", 0},
		"nonce in w and option":    {own, []responder{created}, []SessionOption{WithNonce("mine")}, "mine", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &nonceService{t: t, calls: test.answers}
				got, err := newTestClient(t, s.ofItems(), Config{}).Schedules.Create(t.Context(), ID(42), test.w, test.opts...)
				switch test.status {
				case 0:
					if err != nil {
						t.Fatal(err)
					}
					check(t, "id", got.ID, 3)
				case 1:
					check(t, "operation", errorAs[*RequestError](t, err).Operation, "postFunctionSchedules")
				default:
					check(t, "status", errorAs[*APIError](t, err).StatusCode, test.status)
				}
				check(t, "nonces", strings.Join(s.nonces, " "), test.nonces)
			})
		})
	}
}

// ofItems finds the nonce where schedules have it, in the only item.
func (s *nonceService) ofItems() transportFunc {
	return func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/sessions") {
			return s.RoundTrip(req)
		}
		var body struct{ Items []struct{ Nonce string } }
		if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil || len(body.Items) != 1 {
			return nil, fmt.Errorf("%d items, %w", len(body.Items), err)
		}
		s.nonces = append(s.nonces, body.Items[0].Nonce)
		return s.calls[len(s.nonces)-1](req)
	}
}

func TestCreateSchedule(t *testing.T) {
	t.Parallel()
	full := ScheduleWrite{
		Name: "nightly", CronExpression: nightly, Description: new("every night"), Data: json.RawMessage(` {"n": 12345678901234567890} `),
	}
	body := `{"items":[{"cronExpression":"0 3 * * *","data":{"n":12345678901234567890},"description":"every night","functionId":42,"name":"nightly","nonce":"` + plantedNonce + `"}]}`
	bare := `{"items":[{"cronExpression":"0 3 * * *","functionId":42,"name":"nightly","nonce":"` + plantedNonce + `"}]}`
	withID, null, empty, blank := nightlyWrite(), nightlyWrite(), nightlyWrite(), nightlyWrite()
	withID.FunctionID, null.Data, empty.Data, blank.Data = 42, json.RawMessage("null"), json.RawMessage{}, json.RawMessage(" \n")
	tests := map[string]struct {
		fn     Identifier
		w      ScheduleWrite
		lookup bool
		want   string
	}{
		"by id":               {ID(42), full, false, body},
		"by external id":      {ExternalID("hello"), full, true, body},
		"by the field":        {Identifier{}, withID, false, bare},
		"by both, the same":   {ID(42), withID, false, bare},
		"null is no data":     {ID(42), null, false, bare},
		"nothing is no data":  {ID(42), empty, false, bare},
		"white space is none": {ID(42), blank, false, bare},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := []responder{respond(200, oneSession), respond(201, oneSchedule)}
			if test.lookup {
				script = append([]responder{respond(200, oneFunction)}, script...)
			}
			c, f := newFakeClient(t, script)
			before := test.w
			got, err := c.Schedules.Create(t.Context(), test.fn, test.w)
			if err != nil {
				t.Fatal(err)
			}
			check(t, "body", f.requests[len(f.requests)-1].Body, test.want)
			check(t, "cron", got.CronExpression, nightly)
			check(t, "session", got.Session(), "5")
			if diff := cmp.Diff(before, test.w); diff != "" {
				t.Errorf("the argument was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestCreateScheduleRefuses(t *testing.T) {
	t.Parallel()
	with := func(change func(w *ScheduleWrite)) ScheduleWrite {
		w := nightlyWrite()
		change(&w)
		return w
	}
	cron := func(text string) ScheduleWrite { return with(func(w *ScheduleWrite) { w.CronExpression = text }) }
	data := func(text string) ScheduleWrite {
		return with(func(w *ScheduleWrite) { w.Data = json.RawMessage(text) })
	}
	const fields = "; it must have five fields: minute, hour, day of month, month and day of week, in UTC"
	const object = `data must be a JSON object; wrap the value, as in {"value": …}`
	tests := map[string]struct {
		fn   Identifier
		w    ScheduleWrite
		opts []SessionOption
		want string
	}{
		"no function":        {Identifier{}, nightlyWrite(), nil, "identifier is empty; use functions.ID or functions.ExternalID"},
		"negative id":        {ID(-1), nightlyWrite(), nil, "id is -1; ids are between 1 and 9007199254740991"},
		"other function":     {ID(1), with(func(w *ScheduleWrite) { w.FunctionID = 2 }), nil, "FunctionID differs from the function given; leave it 0"},
		"id and external id": {ExternalID("x"), with(func(w *ScheduleWrite) { w.FunctionID = 2 }), nil, "FunctionID differs from the function given; leave it 0"},
		"no name":            {ID(1), with(func(w *ScheduleWrite) { w.Name = "" }), nil, fmt.Sprintf("Name has 0 characters; it must have between 1 and %d", gen.FunctionScheduleNameMaxLength)},
		"long name":          {ID(1), with(func(w *ScheduleWrite) { w.Name = strings.Repeat("é", gen.FunctionScheduleNameMaxLength+1) }), nil, "Name has"},
		"long description": {ID(1), with(func(w *ScheduleWrite) {
			w.Description = new(strings.Repeat("é", gen.FunctionScheduleDescriptionMaxLength+1))
		}), nil, "Description has"},
		"no cron":      {ID(1), cron(""), nil, "CronExpression has 0 characters; it must have between 1 and"},
		"blank cron":   {ID(1), cron(" "), nil, `CronExpression is " "` + fields},
		"four fields":  {ID(1), cron("0 3 * *"), nil, `CronExpression is "0 3 * *"` + fields},
		"six fields":   {ID(1), cron("0 0 3 * * *"), nil, `CronExpression is "0 0 3 * * *"` + fields},
		"macro":        {ID(1), cron("@daily"), nil, `CronExpression is "@daily"` + fields},
		"list as data": {ID(1), data("[1]"), nil, object},
		"text as data": {ID(1), data(`"a"`), nil, object},
		"broken data":  {ID(1), data(`{"a":`), nil, "data cannot be encoded as JSON: json: error calling MarshalJSON"},
		"empty nonce":  {ID(1), nightlyWrite(), []SessionOption{WithNonce("")}, "nonce is empty; take the Nonce of a created session, or leave WithNonce out"},
		"several":      {ID(1), with(func(w *ScheduleWrite) { w.Name, w.CronExpression = "", "x" }), nil, fmt.Sprintf(`Name has 0 characters; it must have between 1 and %d; CronExpression is "x"`, gen.FunctionScheduleNameMaxLength) + fields},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, nil)
			_, err := c.Schedules.Create(t.Context(), test.fn, test.w, test.opts...)
			if text := fmt.Sprint(err); !strings.HasPrefix(text, "functions: "+test.want) {
				t.Errorf("error = %s, want one that begins with %s", text, test.want)
			}
			check(t, "field", errorAs[*ArgumentError](t, err).Field != "", true)
			checkKinds(t, err, ErrInvalid)
		})
	}
}

// A schedule must not act with a session that soon ends, unless its user asks for that.
func TestSessionOfASchedule(t *testing.T) {
	t.Parallel()
	created, scheduled, refused := respond(200, oneSession), respond(201, oneSchedule), errorResponse(400, "cannot exchange")
	tests := map[string]struct {
		opts    []SessionOption
		script  []responder
		session string
		status  int
	}{
		"the client's token":          {nil, []responder{created, scheduled}, exchangeBody, 0},
		"the client's token, refused": {nil, []responder{refused}, exchangeBody, 400},
		"one-shot, asked for":         {[]SessionOption{WithSession(SessionOneshotTokenExchange())}, []responder{created, scheduled}, oneshotBody, 0},
		"given credentials":           {[]SessionOption{WithSession(SessionClientCredentials("id", plantedSecret))}, []responder{created, scheduled}, machineBody, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, test.script)
			_, err := c.Schedules.Create(t.Context(), ID(42), nightlyWrite(), test.opts...)
			if test.status != 0 {
				check(t, "status", errorAs[*APIError](t, err).StatusCode, test.status)
			} else if err != nil {
				t.Fatal(err)
			}
			check(t, "session", f.requests[0].Body, test.session)
		})
	}
}
