package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/cogfn/cogfn/gen"
)

// request sends one request through the generated client, with every field that it may have.
type request func(ctx context.Context, c *gen.API) (answer any, err error)

// TestGeneratedClientAgainstPrism carries out every operation with all that its request may hold. Prism must accept the
// requests, and the answers that it makes up from the examples and at random must be decoded.
func TestGeneratedClientAgainstPrism(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]string{
		"from examples":    nil,
		"without examples": {"--ignoreExamples"},
		"random, seed 1":   {"--dynamic", "--seed", "1"},
		"random, seed 2":   {"--dynamic", "--seed", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := startMock(t, options...)
			client := service.client(t).Gen()
			all := requests(t)
			for _, operation := range slices.Sorted(maps.Keys(all)) { // in one order, so that a seed gives the same answers
				answer, err := all[operation](t.Context(), client)
				if err != nil {
					t.Errorf("%s: %v", operation, err)
				} else if !decoded(answer) {
					t.Errorf("%s: the answer was not decoded", operation)
				}
			}
			service.check(t)
		})
	}
}

// decoded reports whether a generated result holds a success.
func decoded(result any) bool {
	fields := reflect.ValueOf(result).Elem()
	for _, name := range []string{"JSON200", "JSON201", "JSON202"} {
		if field := fields.FieldByName(name); field.IsValid() && !field.IsNil() {
			return true
		}
	}
	return false
}

// body makes a request's body from JSON, which must not hold more than the body does.
func body[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	return v
}

const (
	functionID = 4503599627370496
	callID     = 4503599627370497
	scheduleID = 4503599627370498
	fileID     = 4503599627370499
)

func requests(t *testing.T) map[string]request {
	t.Helper()
	all := map[string]request{}
	for _, part := range []map[string]request{functionRequests(t), callRequests(t), scheduleRequests(t), sessionRequests(t), fileRequests(t)} {
		maps.Copy(all, part)
	}
	return all
}

func functionRequests(t *testing.T) map[string]request {
	t.Helper()
	create := body[gen.FunctionCreateRequest](t, `{"items": [{
		"name": "echo", "fileId": 1, "externalId": "echo", "description": "Echoes.", "owner": "me", "metadata": {"a": "b"},
		"secrets": {"a": "b"}, "functionPath": "handler.py", "envVars": {"A": "b"}, "cpu": 0.25, "memory": 1.5, "runtime": "py313",
		"indexUrl": "https://example.com/simple", "extraIndexUrls": ["https://example.com/more"]}]}`)
	list := body[gen.FunctionListRequest](t, `{"limit": 10, "filter": {
		"name": "echo", "owner": "me", "fileId": 1, "status": "Ready", "externalIdPrefix": "e", "createdTime": {"min": 1, "max": 2},
		"metadata": {"a": "b"}}}`)
	byIDs := body[gen.FunctionByIDsRequest](t, `{"items": [{"id": 1}, {"externalId": "echo"}], "ignoreUnknownIds": true}`)
	del := body[gen.FunctionDeleteRequest](t, `{"items": [{"id": 1}, {"externalId": "echo"}], "ignoreUnknownIds": true}`)
	return map[string]request{
		"getFunctions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctions(ctx, &gen.GetFunctionsParams{Limit: new(int64(10))})
		},
		"postFunctions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.PostFunctions(ctx, create)
		},
		"listFunctions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ListFunctions(ctx, list)
		},
		"byIdsFunctions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ByIDsFunctions(ctx, byIDs)
		},
		"deleteFunctions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.DeleteFunctions(ctx, del)
		},
		"functionsLimits": func(ctx context.Context, c *gen.API) (any, error) {
			return c.FunctionsLimits(ctx)
		},
		"getFunctionsStatus": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionsStatus(ctx)
		},
		"postFunctionsStatus": func(ctx context.Context, c *gen.API) (any, error) {
			return c.PostFunctionsStatus(ctx)
		},
		"getFunction": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunction(ctx, functionID)
		},
	}
}

func callRequests(t *testing.T) map[string]request {
	t.Helper()
	call := body[gen.FunctionCallRequest](t, `{"data": {"n": 12345678901234567890}, "nonce": "n"}`)
	list := body[gen.FunctionCallListRequest](t, `{"limit": 10, "cursor": "c", "filter": {
		"scheduleId": 1, "status": "Completed", "startTime": {"min": 1, "max": 2}, "endTime": {"min": 1, "max": 2}}}`)
	byIDs := body[gen.FunctionCallByIDsRequest](t, `{"items": [{"id": 1}], "ignoreUnknownIds": true}`)
	return map[string]request{
		"postFunctionsCall": func(ctx context.Context, c *gen.API) (any, error) {
			return c.PostFunctionsCall(ctx, functionID, call)
		},
		"getFunctionCalls": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionCalls(ctx, functionID, &gen.GetFunctionCallsParams{Limit: new(int64(10)), Cursor: new("c")})
		},
		"listFunctionCalls": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ListFunctionCalls(ctx, functionID, list)
		},
		"byIdsFunctionCalls": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ByIDsFunctionCalls(ctx, functionID, byIDs)
		},
		"getFunctionCall": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionCall(ctx, functionID, callID)
		},
		"getFunctionCallResponse": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionCallResponse(ctx, functionID, callID)
		},
		"getFunctionCallLogs": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionCallLogs(ctx, functionID, callID)
		},
	}
}

func scheduleRequests(t *testing.T) map[string]request {
	t.Helper()
	create := body[gen.FunctionScheduleCreateRequest](t, `{"items": [{
		"name": "yearly", "description": "Once a year.", "cronExpression": "0 0 1 1 *", "functionId": 1, "data": {"a": 1}, "nonce": "n"}]}`)
	list := body[gen.FunctionScheduleListRequest](t, `{"limit": 10, "filter": {"name": "yearly", "functionId": 1,
		"functionExternalId": "echo", "createdTime": {"min": 1, "max": 2}, "cronExpression": "0 0 1 1 *"}}`)
	byIDs := body[gen.FunctionScheduleByIDsRequest](t, `{"items": [{"id": 1}], "ignoreUnknownIds": true}`)
	del := body[gen.FunctionScheduleDeleteRequest](t, `{"items": [{"id": 1}]}`)
	return map[string]request{
		"getFunctionSchedules": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionSchedules(ctx, &gen.GetFunctionSchedulesParams{Limit: new(int64(10))})
		},
		"postFunctionSchedules": func(ctx context.Context, c *gen.API) (any, error) {
			return c.PostFunctionSchedules(ctx, create)
		},
		"listFunctionSchedules": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ListFunctionSchedules(ctx, list)
		},
		"byIdsFunctionSchedules": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ByIDsFunctionSchedules(ctx, byIDs)
		},
		"deleteFunctionSchedules": func(ctx context.Context, c *gen.API) (any, error) {
			return c.DeleteFunctionSchedules(ctx, del)
		},
		"getFunctionSchedule": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionSchedule(ctx, scheduleID)
		},
		"getFunctionScheduleInputData": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFunctionScheduleInputData(ctx, scheduleID)
		},
	}
}

func sessionRequests(t *testing.T) map[string]request {
	t.Helper()
	create := body[gen.SessionCreateRequest](t, `{"items": [{"clientId": "id", "clientSecret": "secret"}]}`)
	byIDs := body[gen.SessionByIDsRequest](t, `{"items": [{"id": 1}]}`)
	revoke := body[gen.SessionRevokeRequest](t, `{"items": [{"id": 1}]}`)
	return map[string]request{
		"listSessions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ListSessions(ctx, &gen.ListSessionsParams{
				Status: new(gen.SessionStatusFilterActive), Cursor: new("c"), Limit: new(int32(10)),
			})
		},
		"createSessions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.CreateSessions(ctx, create)
		},
		"getSessionsByIds": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetSessionsByIDs(ctx, byIDs)
		},
		"revokeSessions": func(ctx context.Context, c *gen.API) (any, error) {
			return c.RevokeSessions(ctx, revoke)
		},
	}
}

func fileRequests(t *testing.T) map[string]request {
	t.Helper()
	write := body[gen.FileWrite](t, `{
		"name": "echo.zip", "externalId": "echo", "directory": "/code", "source": "cogfn", "mimeType": "application/zip",
		"metadata": {"a": "b"}, "assetIds": [1], "dataSetId": 1, "sourceCreatedTime": 1, "sourceModifiedTime": 2,
		"securityCategories": [1], "labels": [{"externalId": "l"}],
		"geoLocation": {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"a": 1}}}`)
	references := `{"items": [{"id": 1}, {"externalId": "echo"}, {"instanceId": {"space": "s", "externalId": "e"}}]}`
	byIDs := body[gen.FileByIDsRequest](t, references)
	links := body[gen.FileDownloadLinkRequest](t, references)
	del := body[gen.FileDeleteRequest](t, `{"items": [{"id": 1}, {"externalId": "echo"}], "ignoreUnknownIds": true}`)
	return map[string]request{
		"initFileUpload": func(ctx context.Context, c *gen.API) (any, error) {
			return c.InitFileUpload(ctx, &gen.InitFileUploadParams{Overwrite: new(true), Origin: new("https://example.com")}, write)
		},
		"byIdsFiles": func(ctx context.Context, c *gen.API) (any, error) {
			return c.ByIDsFiles(ctx, byIDs)
		},
		"getFileByInternalId": func(ctx context.Context, c *gen.API) (any, error) {
			return c.GetFileByInternalID(ctx, fileID)
		},
		"deleteFiles": func(ctx context.Context, c *gen.API) (any, error) {
			return c.DeleteFiles(ctx, del)
		},
		"downloadLinks": func(ctx context.Context, c *gen.API) (any, error) {
			return c.DownloadLinks(ctx, &gen.DownloadLinksParams{ExtendedExpiration: new(true)}, links)
		},
	}
}
