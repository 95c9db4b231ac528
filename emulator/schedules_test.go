package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

// createSchedule creates a schedule with a new nonce.
func (c *testClient) createSchedule(write gen.FunctionScheduleWrite) *gen.FunctionSchedule {
	c.t.Helper()
	write.Nonce = c.nonce()
	created, err := c.PostFunctionSchedules(c.t.Context(), gen.FunctionScheduleCreateRequest{Items: []gen.FunctionScheduleWrite{write}})
	if err != nil {
		c.t.Fatal(err)
	}
	return &created.Items[0]
}

func TestCreateSchedule(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f"))
	f := c.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("ext")})
	created := c.createSchedule(gen.FunctionScheduleWrite{
		Name: "s", Description: new("d"), CronExpression: "*/5 * * * *", FunctionID: f.ID, Data: gen.InputData(`{"n":12345678901234567890}`),
	})
	sessionID, err := created.SessionID.AsFunctionScheduleSessionNumber()
	if err != nil {
		t.Fatalf("session id: %v", err)
	}
	want := &gen.FunctionSchedule{
		ID: created.ID, CreatedTime: created.CreatedTime, Name: "s", Description: new("d"), CronExpression: "*/5 * * * *",
		When: "Every 5 minutes", FunctionID: &f.ID, FunctionExternalID: new("ext"),
	}
	if err := want.SessionID.FromFunctionScheduleSessionNumber(sessionID); err != nil {
		t.Fatal(err)
	}
	same := cmp.AllowUnexported(gen.FunctionScheduleSessionID{})
	schedule, err := c.GetFunctionSchedule(t.Context(), created.ID)
	if err != nil {
		t.Fatal(err)
	}
	byIDs, err := c.ByIDsFunctionSchedules(t.Context(), gen.FunctionScheduleByIDsRequest{Items: gen.FunctionScheduleReferences{{ID: created.ID}}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.GetFunctionSchedules(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]*gen.FunctionSchedule{
		"create": created, "get": schedule, "byids": &byIDs.Items[0], "list": &list.Items[0],
	} {
		if diff := cmp.Diff(want, got, same); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if status := *c.getSession(sessionID).Status; status != gen.SessionStatusActive {
		t.Errorf("status of the session: %s, want ACTIVE", status)
	}
	_, body := c.request(http.MethodGet, fmt.Sprintf("/functions/schedules/%d/input_data", created.ID), "")
	if want := fmt.Sprintf(`{"data":{"n":12345678901234567890},"id":%d}`, created.ID); strings.TrimSpace(body) != want {
		t.Errorf("input data %s, want %s", body, want)
	}
	bare := c.createSchedule(gen.FunctionScheduleWrite{Name: "bare", CronExpression: "0 7 * * *", FunctionID: f.ID})
	if _, body := c.request(http.MethodGet, fmt.Sprintf("/functions/schedules/%d/input_data", bare.ID), ""); strings.TrimSpace(body) != fmt.Sprintf(`{"id":%d}`, bare.ID) {
		t.Errorf("input data of a schedule without data: %s", body)
	}
}

func TestInvalidSchedules(t *testing.T) {
	t.Parallel()
	options := withHandlers("f", "g")
	options.Limits.Schedules = 2
	options.Limits.SchedulesPerFunction = 1
	options.Limits.DataBytes = 10
	c := run(t, options)
	f, g := c.deploy(gen.FunctionWrite{Name: "f"}), c.deploy(gen.FunctionWrite{Name: "g"})
	wantError := func(functionID int64, cron, data string, want errorResponse) {
		t.Helper()
		c.wantError(http.MethodPost, "/functions/schedules", fmt.Sprintf(`{"items":[{"name":"s","cronExpression":%q,"functionId":%d,"nonce":%q,"data":%s}]}`,
			cron, functionID, c.nonce(), data), want)
	}
	for _, cron := range []string{"", "* * * *", "0 * * * * *", "@hourly", "61 * * * *", "* * L * *", "* * * * MON#1", "? * * * *", "a b c d e", "1,,2 * * * *"} {
		wantError(f.ID, cron, "{}", errorResponse{Status: 400, Message: "the cron expression"})
	}
	wantError(9, "* * * * *", "{}", errorResponse{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": 9.0}}})
	wantError(f.ID, "* * * * *", `{"a":"bcdef"}`, errorResponse{Status: 400, Message: "13 bytes, the limit is 10"})
	// An expression that matches no date is accepted.
	c.createSchedule(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 31 2 *", FunctionID: f.ID})
	wantError(f.ID, "* * * * *", "{}", errorResponse{Status: 400, Message: "the function has 1"})
	c.createSchedule(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 1 1 *", FunctionID: g.ID})
	wantError(g.ID, "* * * * *", "{}", errorResponse{Status: 400, Message: "the project has 2"})
	c.wantError(http.MethodPost, "/functions/schedules/list", `{"cursor":"x"}`, errorResponse{Status: 400, Message: "{'cursor': ['Unknown field.']}"})
	c.wantError(http.MethodPost, "/functions/schedules/list", fmt.Sprintf(`{"filter":{"functionId":%d,"functionExternalId":"x"}}`, f.ID),
		errorResponse{Status: 400, Message: "use one of them"})
}

func TestFilterAndDeleteSchedules(t *testing.T) {
	t.Parallel()
	c := run(t, withHandlers("f", "g"))
	f, g := c.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("ext-f")}), c.deploy(gen.FunctionWrite{Name: "g"})
	a := c.createSchedule(gen.FunctionScheduleWrite{Name: "a", CronExpression: "0 1 * * *", FunctionID: f.ID})
	c.createSchedule(gen.FunctionScheduleWrite{Name: "b", CronExpression: "0 2 * * *", FunctionID: f.ID})
	c.createSchedule(gen.FunctionScheduleWrite{Name: "c", CronExpression: "0 1 * * *", FunctionID: g.ID})
	list := func(filter *gen.FunctionScheduleFilter, limit int32) string {
		t.Helper()
		schedules, err := c.ListFunctionSchedules(t.Context(), gen.FunctionScheduleListRequest{Filter: filter, Limit: &limit})
		if err != nil {
			t.Fatal(err)
		}
		var names strings.Builder
		for _, schedule := range schedules.Items {
			names.WriteString(schedule.Name)
		}
		return names.String()
	}
	past := new(time.Now().Add(-time.Hour).UnixMilli())
	for name, tt := range map[string]struct {
		filter *gen.FunctionScheduleFilter
		limit  int32
		want   string
	}{
		"all":              {nil, 10_000, "abc"},
		"limit":            {nil, 2, "ab"},
		"name":             {&gen.FunctionScheduleFilter{Name: new("b")}, 100, "b"},
		"cron":             {&gen.FunctionScheduleFilter{CronExpression: new("0 1 * * *")}, 100, "ac"},
		"function":         {&gen.FunctionScheduleFilter{FunctionID: &g.ID}, 100, "c"},
		"external id":      {&gen.FunctionScheduleFilter{FunctionExternalID: new("ext-f")}, 100, "ab"},
		"unknown function": {&gen.FunctionScheduleFilter{FunctionExternalID: new("unknown")}, 100, ""},
		"created":          {&gen.FunctionScheduleFilter{CreatedTime: &gen.TimestampRange{Max: past}}, 100, ""},
	} {
		if names := list(tt.filter, tt.limit); names != tt.want {
			t.Errorf("%s: found %q, want %q", name, names, tt.want)
		}
	}
	unknown := errorResponse{Status: 400, Message: "schedule not found", Missing: []map[string]any{{"id": 9.0}}}
	items := fmt.Sprintf(`{"items":[{"id":%d},{"id":9}]`, a.ID)
	c.wantError(http.MethodPost, "/functions/schedules/byids", items+"}", unknown)
	c.wantError(http.MethodPost, "/functions/schedules/delete", items+"}", unknown)
	c.wantError(http.MethodGet, "/functions/schedules/9", "", unknown)
	c.wantError(http.MethodGet, "/functions/schedules/9/input_data", "", unknown)
	if response, body := c.request(http.MethodPost, "/functions/schedules/byids", items+`,"ignoreUnknownIds":true}`); response.StatusCode != http.StatusOK {
		t.Errorf("byids: status %d %s", response.StatusCode, body)
	}
	if _, body := c.request(http.MethodPost, "/functions/schedules/delete", fmt.Sprintf(`{"items":[{"id":%d}]}`, a.ID)); strings.TrimSpace(body) != "{}" {
		t.Errorf("delete: %s, want {}", body)
	}
	if names := list(nil, 100); names != "bc" {
		t.Errorf("schedules after deleting a: %q, want bc", names)
	}
	c.request(http.MethodPost, "/functions/delete", `{"items":[{"externalId":"ext-f"}]}`)
	if names := list(nil, 100); names != "c" {
		t.Errorf("schedules after deleting the function: %q, want c", names)
	}
}
