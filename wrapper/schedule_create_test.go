package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
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

// Each attempt to create a schedule has a new session, as each attempt of a call.
func TestEachAttemptOfAScheduleHasANewNonce(t *testing.T) {
	t.Parallel()
	created := respond(201, oneSchedule)
	withNonce := nightlyWrite()
	withNonce.Nonce = "in w"
	tests := map[string]struct {
		w      ScheduleWrite
		script []responder
		opts   []SessionOption
		nonces string
		status int // of the *APIError; 0 for success, 1 for a *RequestError
	}{
		"first attempt":              {nightlyWrite(), []responder{created}, nil, "nonce-1", 0},
		"rate limited":               {nightlyWrite(), append(times(2, errorResponse(429, "slow down")), created), nil, "nonce-1 nonce-2 nonce-3", 0},
		"no connection":              {nightlyWrite(), []responder{connectionRefused(), created}, nil, "nonce-1 nonce-2", 0},
		"bad gateway":                {nightlyWrite(), []responder{errorResponse(502, "bad gateway")}, nil, "nonce-1", 502},
		"connection lost":            {nightlyWrite(), []responder{connectionReset()}, nil, "nonce-1", 1},
		"truncated response":         {nightlyWrite(), []responder{truncated(201, oneSchedule)}, nil, "nonce-1", 1},
		"response without schedule":  {nightlyWrite(), []responder{respond(201, `{"items":[]}`)}, nil, "nonce-1", 1},
		"rejected":                   {nightlyWrite(), []responder{errorResponse(400, "no")}, nil, "nonce-1", 400},
		"given nonce":                {nightlyWrite(), []responder{created}, []SessionOption{WithNonce("mine")}, "mine", 0},
		"given nonce, rate limited":  {nightlyWrite(), []responder{errorResponse(429, "slow down")}, []SessionOption{WithNonce("mine")}, "mine", 429},
		"given nonce, no connection": {nightlyWrite(), []responder{connectionRefused(), created}, []SessionOption{WithNonce("mine")}, "mine mine", 0},
		"nonce in w":                 {withNonce, []responder{created}, nil, "in w", 0},
		"nonce in w and option":      {withNonce, []responder{created}, []SessionOption{WithNonce("mine")}, "mine", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &nonceService{t: t, calls: test.script}
				got, err := newTestClient(t, s.forSchedules(), Config{}).Schedules.Create(t.Context(), ID(42), test.w, test.opts...)
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

// forSchedules returns a transport that reads the nonces of requests for schedules, which have them in their only item.
func (s *nonceService) forSchedules() transportFunc {
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
	minimal := `{"items":[{"cronExpression":"0 3 * * *","functionId":42,"name":"nightly","nonce":"` + plantedNonce + `"}]}`
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
		"by FunctionID":       {Identifier{}, withID, false, minimal},
		"by both":             {ID(42), withID, false, minimal},
		"null as data":        {ID(42), null, false, minimal},
		"empty data":          {ID(42), empty, false, minimal},
		"white space as data": {ID(42), blank, false, minimal},
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

func TestCreateInvalidSchedule(t *testing.T) {
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
	otherFunction := with(func(w *ScheduleWrite) { w.FunctionID = 2 })
	long := strings.Repeat("é", gen.FunctionScheduleNameMaxLength+1)
	tests := map[string]struct {
		fn    Identifier
		w     ScheduleWrite
		opts  []SessionOption
		field string
		word  string
	}{
		"no function":        {Identifier{}, nightlyWrite(), nil, "identifier", "empty"},
		"negative id":        {ID(-1), nightlyWrite(), nil, "id", "-1"},
		"other function":     {ID(1), otherFunction, nil, "FunctionID", "differs"},
		"id and external id": {ExternalID("x"), otherFunction, nil, "FunctionID", "differs"},
		"no name":            {ID(1), with(func(w *ScheduleWrite) { w.Name = "" }), nil, "Name", fmt.Sprint("between 1 and ", gen.FunctionScheduleNameMaxLength)},
		"long name":          {ID(1), with(func(w *ScheduleWrite) { w.Name = long }), nil, "Name", strconv.Itoa(gen.FunctionScheduleNameMaxLength + 1)},
		"long description": {ID(1), with(func(w *ScheduleWrite) {
			w.Description = new(strings.Repeat("é", gen.FunctionScheduleDescriptionMaxLength+1))
		}), nil, "Description", strconv.Itoa(gen.FunctionScheduleDescriptionMaxLength + 1)},
		"no cron expression": {ID(1), cron(""), nil, "CronExpression", "0 characters"},
		"blank":              {ID(1), cron(" "), nil, "CronExpression", "five fields"},
		"four fields":        {ID(1), cron("0 3 * *"), nil, "CronExpression", "five fields"},
		"six fields":         {ID(1), cron("0 0 3 * * *"), nil, "CronExpression", "five fields"},
		"macro":              {ID(1), cron("@daily"), nil, "CronExpression", "@daily"},
		"list as data":       {ID(1), data("[1]"), nil, "data", "object"},
		"string as data":     {ID(1), data(`"a"`), nil, "data", "object"},
		"invalid data":       {ID(1), data(`{"a":`), nil, "data", "JSON"},
		"empty nonce":        {ID(1), nightlyWrite(), []SessionOption{WithNonce("")}, "nonce", "empty"},
		"several errors":     {ID(1), with(func(w *ScheduleWrite) { w.Name, w.CronExpression = "", "x" }), nil, "Name", "CronExpression"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, nil)
			_, err := c.Schedules.Create(t.Context(), test.fn, test.w, test.opts...)
			check(t, "field", errorAs[*ArgumentError](t, err).Field, test.field)
			checkMessage(t, err, test.field, test.word)
			checkKinds(t, err, ErrInvalid)
		})
	}
}

// A one-shot session ends soon, so a schedule gets one only on request.
func TestSessionOfASchedule(t *testing.T) {
	t.Parallel()
	created, scheduled, rejected := respond(200, oneSession), respond(201, oneSchedule), errorResponse(400, "cannot exchange")
	tests := map[string]struct {
		opts    []SessionOption
		script  []responder
		session string
		status  int
	}{
		"token of the client":           {nil, []responder{created, scheduled}, exchangeBody, 0},
		"token of the client, rejected": {nil, []responder{rejected}, exchangeBody, 400},
		"one-shot":                      {[]SessionOption{WithSession(SessionOneshotTokenExchange())}, []responder{created, scheduled}, oneshotBody, 0},
		"other credentials":             {[]SessionOption{WithSession(SessionClientCredentials("id", plantedSecret))}, []responder{created, scheduled}, machineBody, 0},
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
