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

// scheduled creates a schedule.
func (h *harness) scheduled(write gen.FunctionScheduleWrite) *gen.FunctionSchedule {
	h.t.Helper()
	write.Nonce = h.nonce()
	answer, err := h.PostFunctionSchedules(h.t.Context(), gen.FunctionScheduleCreateRequest{Items: []gen.FunctionScheduleWrite{write}})
	if err != nil {
		h.t.Fatal(err)
	}
	return &answer.Items[0]
}

func TestScheduleIsShownAsItWasCreated(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f"))
	f := h.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("ext")})
	made := h.scheduled(gen.FunctionScheduleWrite{
		Name: "s", Description: new("d"), CronExpression: "*/5 * * * *", FunctionID: f.ID, Data: gen.InputData(`{"n":12345678901234567890}`),
	})
	sessionID, err := made.SessionID.AsFunctionScheduleSessionNumber()
	if err != nil {
		t.Fatalf("the session id is no number: %v", err)
	}
	want := &gen.FunctionSchedule{
		ID: made.ID, CreatedTime: made.CreatedTime, Name: "s", Description: new("d"), CronExpression: "*/5 * * * *",
		When: "Every 5 minutes", FunctionID: &f.ID, FunctionExternalID: new("ext"),
	}
	if err := want.SessionID.FromFunctionScheduleSessionNumber(sessionID); err != nil {
		t.Fatal(err)
	}
	same := cmp.AllowUnexported(gen.FunctionScheduleSessionID{})
	one, err := h.GetFunctionSchedule(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	byIDs, err := h.ByIDsFunctionSchedules(t.Context(), gen.FunctionScheduleByIDsRequest{Items: gen.FunctionScheduleReferences{{ID: made.ID}}})
	if err != nil {
		t.Fatal(err)
	}
	list, err := h.GetFunctionSchedules(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string]*gen.FunctionSchedule{
		"create": made, "get": one, "byids": &byIDs.Items[0], "list": &list.Items[0],
	} {
		if diff := cmp.Diff(want, shown, same); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if status := *h.sessionNow(sessionID).Status; status != gen.SessionStatusActive {
		t.Errorf("the session is %s, want ACTIVE", status)
	}
	_, text := h.raw(http.MethodGet, fmt.Sprintf("/functions/schedules/%d/input_data", made.ID), "")
	if text != fmt.Sprintf(`{"data":{"n":12345678901234567890},"id":%d}`, made.ID) && text != fmt.Sprintf(`{"data":{"n":12345678901234567890},"id":%d}`+"\n", made.ID) {
		t.Errorf("input data is %s", text)
	}
	bare := h.scheduled(gen.FunctionScheduleWrite{Name: "bare", CronExpression: "0 7 * * *", FunctionID: f.ID})
	if _, text := h.raw(http.MethodGet, fmt.Sprintf("/functions/schedules/%d/input_data", bare.ID), ""); strings.TrimSpace(text) != fmt.Sprintf(`{"id":%d}`, bare.ID) {
		t.Errorf("input data of a schedule without is %s", text)
	}
}

func TestSchedulesThatAreRefused(t *testing.T) {
	t.Parallel()
	options := withHandlers("f", "g")
	options.Limits.Schedules = 2
	options.Limits.SchedulesPerFunction = 1
	options.Limits.DataBytes = 10
	h := run(t, options)
	f, g := h.deploy(gen.FunctionWrite{Name: "f"}), h.deploy(gen.FunctionWrite{Name: "g"})
	refused := func(functionID int64, cron, data string, want refusal) {
		t.Helper()
		h.refused(http.MethodPost, "/functions/schedules", fmt.Sprintf(`{"items":[{"name":"s","cronExpression":%q,"functionId":%d,"nonce":%q,"data":%s}]}`,
			cron, functionID, h.nonce(), data), want)
	}
	for _, cron := range []string{"", "* * * *", "0 * * * * *", "@hourly", "61 * * * *", "* * L * *", "* * * * MON#1", "? * * * *", "a b c d e", "1,,2 * * * *"} {
		refused(f.ID, cron, "{}", refusal{Status: 400, Message: "the cron expression"})
	}
	refused(9, "* * * * *", "{}", refusal{Status: 400, Message: "function not found", Missing: []map[string]any{{"id": 9.0}}})
	refused(f.ID, "* * * * *", `{"a":"bcdef"}`, refusal{Status: 400, Message: "the data has 13 bytes, the limit is 10"})
	h.scheduled(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 31 2 *", FunctionID: f.ID}) // a date that never comes is accepted
	refused(f.ID, "* * * * *", "{}", refusal{Status: 400, Message: "the function has 1 schedules already"})
	h.scheduled(gen.FunctionScheduleWrite{Name: "s", CronExpression: "0 0 1 1 *", FunctionID: g.ID})
	refused(g.ID, "* * * * *", "{}", refusal{Status: 400, Message: "the project has 2 schedules already"})
	h.refused(http.MethodPost, "/functions/schedules/list", `{"cursor":"x"}`, refusal{Status: 400, Message: "{'cursor': ['Unknown field.']}"})
	h.refused(http.MethodPost, "/functions/schedules/list", fmt.Sprintf(`{"filter":{"functionId":%d,"functionExternalId":"x"}}`, f.ID),
		refusal{Status: 400, Message: "use one of them"})
}

func TestFilterAndDeleteSchedules(t *testing.T) {
	t.Parallel()
	h := run(t, withHandlers("f", "g"))
	f, g := h.deploy(gen.FunctionWrite{Name: "f", ExternalID: new("ext-f")}), h.deploy(gen.FunctionWrite{Name: "g"})
	a := h.scheduled(gen.FunctionScheduleWrite{Name: "a", CronExpression: "0 1 * * *", FunctionID: f.ID})
	h.scheduled(gen.FunctionScheduleWrite{Name: "b", CronExpression: "0 2 * * *", FunctionID: f.ID})
	h.scheduled(gen.FunctionScheduleWrite{Name: "c", CronExpression: "0 1 * * *", FunctionID: g.ID})
	found := func(filter *gen.FunctionScheduleFilter, limit int32) string {
		t.Helper()
		answer, err := h.ListFunctionSchedules(t.Context(), gen.FunctionScheduleListRequest{Filter: filter, Limit: &limit})
		if err != nil {
			t.Fatal(err)
		}
		var names strings.Builder
		for _, schedule := range answer.Items {
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
		"unknown function": {&gen.FunctionScheduleFilter{FunctionExternalID: new("nobody")}, 100, ""},
		"created":          {&gen.FunctionScheduleFilter{CreatedTime: &gen.TimestampRange{Max: past}}, 100, ""},
	} {
		if names := found(tt.filter, tt.limit); names != tt.want {
			t.Errorf("%s: found %q, want %q", name, names, tt.want)
		}
	}
	unknown := refusal{Status: 400, Message: "schedule not found", Missing: []map[string]any{{"id": 9.0}}}
	items := fmt.Sprintf(`{"items":[{"id":%d},{"id":9}]`, a.ID)
	h.refused(http.MethodPost, "/functions/schedules/byids", items+"}", unknown)
	h.refused(http.MethodPost, "/functions/schedules/delete", items+"}", unknown)
	h.refused(http.MethodGet, "/functions/schedules/9", "", unknown)
	h.refused(http.MethodGet, "/functions/schedules/9/input_data", "", unknown)
	if response, text := h.raw(http.MethodPost, "/functions/schedules/byids", items+`,"ignoreUnknownIds":true}`); response.StatusCode != http.StatusOK {
		t.Errorf("byids answers %s", text)
	}
	if _, text := h.raw(http.MethodPost, "/functions/schedules/delete", fmt.Sprintf(`{"items":[{"id":%d}]}`, a.ID)); strings.TrimSpace(text) != "{}" {
		t.Errorf("delete answers %s", text)
	}
	if names := found(nil, 100); names != "bc" {
		t.Errorf("left after deleting a: %q", names)
	}
	h.raw(http.MethodPost, "/functions/delete", `{"items":[{"externalId":"ext-f"}]}`)
	if names := found(nil, 100); names != "c" {
		t.Errorf("left after deleting the function: %q", names)
	}
}
