package emulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

func TestClouds(t *testing.T) {
	t.Parallel()
	for cloud, tt := range map[emulator.Cloud]struct {
		limits    gen.FunctionsLimits
		dataBytes int
		// The sizes of a function that requests 0.5 cores and 1 GB, and of one that requests the maximum.
		small, large [2]float64
	}{
		emulator.GCP: {
			gen.FunctionsLimits{
				TimeoutMinutes: 9, CPUCores: gen.CPURange{Min: 1, Max: 3, Default: 1},
				MemoryGB: gen.MemoryRange{Min: 1.5, Max: 5, Default: 1.5}, ResponseSizeMB: new(1),
			}, 9_000_000, [2]float64{1, 1.5}, [2]float64{3, 5},
		},
		emulator.Azure: {
			gen.FunctionsLimits{
				TimeoutMinutes: 10, CPUCores: gen.CPURange{Min: 1, Max: 1, Default: 1}, MemoryGB: gen.MemoryRange{Min: 2, Max: 2, Default: 2},
			}, 36_000, [2]float64{1, 2}, [2]float64{1, 2},
		},
		emulator.AWS: {
			gen.FunctionsLimits{
				TimeoutMinutes: 10, CPUCores: gen.CPURange{Min: 1, Max: 1, Default: 1}, MemoryGB: gen.MemoryRange{Min: 1.5, Max: 1.5, Default: 1.5},
			}, 240_000, [2]float64{1, 1.5}, [2]float64{1, 1.5},
		},
	} {
		t.Run(string(cloud), func(t *testing.T) {
			t.Parallel()
			c := run(t, emulator.Options{Cloud: cloud, Overrides: map[string]emulator.Handler{"f": noop}})
			limits, err := c.FunctionsLimits(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tt.limits.Runtimes = limits.Runtimes
			if diff := cmp.Diff(&tt.limits, limits); diff != "" {
				t.Errorf("limits (-want +got):\n%s", diff)
			}
			for name, sizes := range map[string]struct{ request, want [2]float64 }{
				"small": {[2]float64{0.5, 1}, tt.small}, "large": {tt.large, tt.large},
			} {
				f := c.deploy(gen.FunctionWrite{Name: "f", CPU: &sizes.request[0], Memory: &sizes.request[1]})
				if *f.CPU != sizes.want[0] || *f.Memory != sizes.want[1] {
					t.Errorf("%s function: %g cores and %g GB, want %v", name, *f.CPU, *f.Memory, sizes.want)
				}
			}
			f := c.deploy(gen.FunctionWrite{Name: "f"})
			c.wantError(http.MethodPost, "/functions", fmt.Sprintf(`{"items":[{"name":"f","fileId":%d,"cpu":%g}]}`, f.FileID, tt.large[0]+1),
				errorResponse{Status: 400, Message: "cpu"})
			const overhead = len(`{"k":""}`)
			c.callAndWait(f.ID, fmt.Sprintf(`{"k":%q}`, strings.Repeat("x", tt.dataBytes-overhead)))
			c.wantError(http.MethodPost, fmt.Sprintf("/functions/%d/call", f.ID), fmt.Sprintf(`{"nonce":"n","data":{"k":%q}}`, strings.Repeat("x", tt.dataBytes-overhead+1)),
				errorResponse{Status: 400, Message: strconv.Itoa(tt.dataBytes)})
		})
	}
}

func TestSetProfile(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Handlers: map[string]emulator.Handler{"f": fails}, Limits: emulator.Limits{Functions: 7}})
	observe := func() string {
		limits, err := c.FunctionsLimits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(c.callAndWait(c.function("f").ID, "").Error)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(limits.TimeoutMinutes, string(encoded))
	}
	const standard, other = `9{"message":"no luck","trace":""}`, `10"no luck"`
	got := []string{observe()}
	if err := c.SetProfile(emulator.AWS, emulator.Assumptions{CallErrors: emulator.ErrorText}); err != nil {
		t.Fatal(err)
	}
	got = append(got, observe())
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	got = append(got, observe())
	if diff := cmp.Diff([]string{standard, other, standard}, got); diff != "" {
		t.Errorf("timeouts and errors (-want +got):\n%s", diff)
	}
	if err := c.SetProfile("oracle", emulator.Assumptions{}); err == nil || !strings.Contains(err.Error(), "oracle") {
		t.Errorf("error %v, want one that names the cloud", err)
	}
}

func TestInvalidCloudsAndAssumptions(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]emulator.Options{
		"gcp, azure or aws": {Cloud: "oracle"},
		"object or text":    {Assumptions: emulator.Assumptions{CallErrors: "xml"}},
		"NotReadyStatus":    {Assumptions: emulator.Assumptions{NotReadyStatus: 200}},
		"LimitedStatus":     {Assumptions: emulator.Assumptions{LimitedStatus: "Running"}},
		"SessionLifetime":   {Assumptions: emulator.Assumptions{SessionLifetime: -1}},
		"no name":           {Handlers: map[string]emulator.Handler{"": noop}},
	} {
		if e, err := emulator.Start(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
			if err == nil {
				_ = e.Close()
			}
		}
	}
}

// fails is a handler that fails.
func fails(context.Context, *emulator.Call) (any, error) { return nil, fmt.Errorf("no luck") }

func TestAssumptions(t *testing.T) {
	t.Parallel()
	handlers := map[string]emulator.Handler{"f": fails, "none": noop}
	for name, tt := range map[string]struct {
		other    emulator.Assumptions
		observe  func(*testClient) string
		standard string // what is observed by default
		want     string // what is observed with the other assumption
	}{
		"error of a call": {emulator.Assumptions{CallErrors: emulator.ErrorText}, func(c *testClient) string {
			encoded, _ := json.Marshal(c.callAndWait(c.function("f").ID, "").Error)
			return string(encoded)
		}, `{"message":"no luck","trace":""}`, `"no luck"`},
		"not Ready": {emulator.Assumptions{NotReadyStatus: 409}, func(c *testClient) string {
			c.SetDeployments(emulator.Never())
			id := c.create(gen.FunctionWrite{Name: "f"}).ID
			return c.status(fmt.Sprintf("/functions/%d/call", id), fmt.Sprintf(`{"nonce":%q}`, c.nonce()))
		}, "400", "409"},
		"duplicate": {emulator.Assumptions{DuplicateStatus: 400}, func(c *testClient) string {
			return c.status("/functions", fmt.Sprintf(`{"items":[{"name":"f","externalId":"f","fileId":%d}]}`, c.upload([]byte("x"))))
		}, "409", "400"},
		"unknown call": {emulator.Assumptions{UnknownCallStatus: 404}, func(c *testClient) string {
			response, _ := c.request(http.MethodGet, fmt.Sprintf("/functions/%d/calls/1", c.function("f").ID), "")
			path := fmt.Sprintf("/functions/%d/calls/byids", c.function("f").ID)
			return strconv.Itoa(response.StatusCode) + " " + c.status(path, `{"items":[{"id":1}]}`)
		}, "400 400", "404 404"},
		"response of a running call": {emulator.Assumptions{RunningResponseStatus: 404}, func(c *testClient) string {
			c.SetOutcomes("f", emulator.Outcome{Transition: new(emulator.Never())})
			call := c.call(c.function("f").ID, "")
			response, _ := c.request(http.MethodGet, fmt.Sprintf("/functions/%d/calls/%d/response", call.FunctionID, call.ID), "")
			ended := c.callAndWait(c.function("none").ID, "")
			return strconv.Itoa(response.StatusCode) + c.response(ended)
		}, "200null", "404null"},
		"nonce above a limit": {emulator.Assumptions{LimitedCallUsesNonce: true}, func(c *testClient) string {
			c.SetOutcomes("f", emulator.Outcome{Transition: new(emulator.Never())})
			c.call(c.function("f").ID, "")
			body := fmt.Sprintf(`{"nonce":%q}`, c.nonce())
			limited := c.status(fmt.Sprintf("/functions/%d/call", c.function("f").ID), body)
			return limited + " " + c.status(fmt.Sprintf("/functions/%d/call", c.function("none").ID), body)
		}, "429 201", "429 400"},
		"blank line": {emulator.Assumptions{OmitBlankLines: true}, func(c *testClient) string {
			c.SetOutcomes("f", emulator.Outcome{Log: []string{"", "x"}})
			call := c.callAndWait(c.function("f").ID, "")
			_, body := c.request(http.MethodGet, fmt.Sprintf("/functions/%d/calls/%d/logs", call.FunctionID, call.ID), "")
			return fmt.Sprint(strings.Count(body, `"timestamp"`), strings.Count(body, `"message":""`), strings.Count(body, `"message":"x"`))
		}, "2 1 1", "2 0 1"},
		"Retry-After": {emulator.Assumptions{RetryAfter: -1}, func(c *testClient) string {
			c.SetCalls(emulator.Never())
			id := c.function("f").ID
			c.call(id, "")
			response, _ := c.request(http.MethodPost, fmt.Sprintf("/functions/%d/call", id), fmt.Sprintf(`{"nonce":%q}`, c.nonce()))
			return fmt.Sprint(response.StatusCode, response.Header["Retry-After"])
		}, "429 [1]", "429 []"},
		"schedule above a limit": {emulator.Assumptions{LimitedStatus: "Failed"}, func(c *testClient) string {
			c.SetCalls(emulator.Never())
			c.call(c.function("f").ID, "")
			c.schedule("0 * * * *")
			call := c.Advance(time.Hour)[0]
			return fmt.Sprint(call.Status, strings.Contains(call.Error, "maximum"), !call.EndTime.IsZero())
		}, "ConcurrencyLimitExceededtrue true", "Failedtrue true"},
		"None": {emulator.Assumptions{OmitNone: true}, func(c *testClient) string {
			return c.response(c.callAndWait(c.function("none").ID, ""))
		}, "null", ""},
		"small size": {emulator.Assumptions{RejectSmallSizes: true}, func(c *testClient) string {
			return c.status("/functions", fmt.Sprintf(`{"items":[{"name":"f","fileId":%d,"memory":0.1}]}`, c.upload([]byte("x"))))
		}, "201", "400"},
		"never due": {emulator.Assumptions{RejectNeverDue: true}, func(c *testClient) string {
			body := `{"items":[{"name":"s","cronExpression":"0 0 31 2 *","functionId":%d,"nonce":%q}]}`
			return c.status("/functions/schedules", fmt.Sprintf(body, c.function("f").ID, c.nonce()))
		}, "201", "400"},
		"lifetime of sessions": {emulator.Assumptions{SessionLifetime: 10 * time.Minute}, func(c *testClient) string {
			session := c.createSession(c.clientCredentials())
			c.status(fmt.Sprintf("/functions/%d/call", c.function("f").ID), fmt.Sprintf(`{"nonce":%q}`, session.Nonce))
			c.Advance(30 * time.Minute)
			return string(*c.getSession(session.ID).Status)
		}, "ACTIVE", "EXPIRED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for want, assumptions := range map[string]emulator.Assumptions{tt.standard: {}, tt.want: tt.other} {
				c := run(t, emulator.Options{Handlers: handlers, Assumptions: assumptions, Limits: emulator.Limits{RunningCallsPerFunction: 1}})
				if got := tt.observe(c); got != want {
					t.Errorf("with %+v: %q, want %q", assumptions, got, want)
				}
			}
		})
	}
}

// A function that is not Ready is no limit, whatever the status of its calls.
func TestScheduleOfFunctionThatIsNotReady(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Deployments: emulator.Never(), Assumptions: emulator.Assumptions{NotReadyStatus: http.StatusTooManyRequests}})
	c.create(gen.FunctionWrite{Name: "f", ExternalID: new("f")})
	c.schedule("0 * * * *")
	if call := c.Advance(time.Hour)[0]; call.Status != gen.FunctionCallStatusFailed || !strings.Contains(call.Error, "Ready") {
		t.Errorf("call %s with the error %q, want Failed because of the function", call.Status, call.Error)
	}
}

// status sends a POST request and returns the status of the response.
func (c *testClient) status(path, body string) string {
	c.t.Helper()
	response, _ := c.request(http.MethodPost, path, body)
	return strconv.Itoa(response.StatusCode)
}
