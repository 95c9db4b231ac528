package functions

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// A success without its required fields is an error that names what is missing. It never looks like "not found", and for a
// call the outcome is unknown.
func TestIncompleteSuccess(t *testing.T) {
	t.Parallel()
	methods := map[string]struct {
		path string // of the request that gets the incomplete response
		do   func(ctx context.Context, c *Client) error
	}{
		"List":        {"/functions/list", func(ctx context.Context, c *Client) error { return errorOf(c.List(ctx, Filter{})) }},
		"Retrieve":    {"/functions/byids", func(ctx context.Context, c *Client) error { return errorOf(c.Retrieve(ctx, ID(1))) }},
		"external id": {"/functions/byids", func(ctx context.Context, c *Client) error { return errorOf(c.Start(ctx, ExternalID("x"), nil)) }},
		"Create": {"/functions", func(ctx context.Context, c *Client) error {
			return errorOf(c.Create(ctx, FunctionWrite{Name: "f"}, FileID(1)))
		}},
		"WaitReady":  {"/functions/byids", func(ctx context.Context, c *Client) error { return errorOf(c.WaitReady(ctx, ID(1))) }},
		"Limits":     {"/functions/limits", func(ctx context.Context, c *Client) error { return errorOf(c.Limits(ctx)) }},
		"Status":     {"/functions/status", func(ctx context.Context, c *Client) error { return errorOf(c.Status(ctx)) }},
		"Activate":   {"/functions/status", func(ctx context.Context, c *Client) error { return errorOf(c.Activate(ctx)) }},
		"Start":      {"/call", func(ctx context.Context, c *Client) error { return errorOf(c.Start(ctx, ID(1), nil)) }},
		"Call":       {"/call", func(ctx context.Context, c *Client) error { return errorOf(c.Call(ctx, ID(1), nil)) }},
		"Calls.List": {"/calls/list", func(ctx context.Context, c *Client) error { return errorOf(c.Calls.List(ctx, ID(1), CallsFilter{})) }},
		"Calls.Retrieve": {"/calls/byids", func(ctx context.Context, c *Client) error {
			return errorOf(c.Calls.Retrieve(ctx, ID(1), 2))
		}},
		"Calls.Wait":     {"/calls/byids", func(ctx context.Context, c *Client) error { return errorOf(c.Calls.Wait(ctx, ID(1), 2)) }},
		"Calls.Response": {"/response", func(ctx context.Context, c *Client) error { return errorOf(c.Calls.Response(ctx, ID(1), 2)) }},
		"Calls.Logs":     {"/logs", func(ctx context.Context, c *Client) error { return errorOf(c.Calls.Logs(ctx, ID(1), 2)) }},
		"Schedules.List": {"/schedules/list", func(ctx context.Context, c *Client) error {
			return errorOf(c.Schedules.List(ctx, SchedulesFilter{}))
		}},
		"Schedules.Retrieve": {"/schedules/byids", func(ctx context.Context, c *Client) error { return errorOf(c.Schedules.Retrieve(ctx, 1)) }},
		"Schedules.Create": {"/schedules", func(ctx context.Context, c *Client) error {
			return errorOf(c.Schedules.Create(ctx, ID(1), nightlyWrite()))
		}},
		"Schedules.InputData": {"/input_data", func(ctx context.Context, c *Client) error { return errorOf(c.Schedules.InputData(ctx, 1)) }},
		"Sessions.Create": {"/sessions", func(ctx context.Context, c *Client) error {
			return errorOf(c.Sessions.Create(ctx, SessionTokenExchange()))
		}},
		"Sessions.List":     {"/sessions", func(ctx context.Context, c *Client) error { return errorOf(c.Sessions.List(ctx, SessionsFilter{})) }},
		"Sessions.Retrieve": {"/sessions/byids", func(ctx context.Context, c *Client) error { return errorOf(c.Sessions.Retrieve(ctx, 1)) }},
		"Sessions.Revoke":   {"/sessions/revoke", func(ctx context.Context, c *Client) error { return errorOf(c.Sessions.Revoke(ctx, []int64{1})) }},
		"Files.Retrieve":    {"/files/byids", func(ctx context.Context, c *Client) error { return errorOf(c.Files.Retrieve(ctx, ID(1))) }},
		"Files.Download":    {"/files/downloadlink", func(ctx context.Context, c *Client) error { return errorOf(c.Files.Download(ctx, ID(1))) }},
		"Files.Upload": {"/files", func(ctx context.Context, c *Client) error {
			return errorOf(c.Files.Upload(ctx, FileWrite{Name: "f"}, nil))
		}},
	}
	deletions := map[string]struct {
		path string
		do   func(ctx context.Context, c *Client) error
	}{
		"Delete":           {"/functions/delete", func(ctx context.Context, c *Client) error { return c.Delete(ctx, []Identifier{ID(1)}) }},
		"Schedules.Delete": {"/schedules/delete", func(ctx context.Context, c *Client) error { return c.Schedules.Delete(ctx, []int64{1}) }},
		"Files.Delete":     {"/files/delete", func(ctx context.Context, c *Client) error { return c.Files.Delete(ctx, []Identifier{ID(1)}) }},
	}
	maps.Copy(methods, deletions)
	bodies := []string{
		`{}`, `null`, `[]`, `"text"`, `{"error":{"code":400,"message":"no"}}`, `{"error":"no"}`, `{"message":"no"}`, `{"items":[{}]}`, `{"items":[null]}`,
		`{"items":null}`,
	}
	for name, m := range methods {
		for _, body := range bodies {
			if _, deletes := deletions[name]; deletes && (body == `{}` || strings.Contains(body, "items")) {
				continue // an object with or without fields that are added later is a success
			}
			t.Run(name+" "+body, func(t *testing.T) {
				t.Parallel()
				c := newTestClient(t, incompleteAt(m.path, body), Config{}, WithRetry(RetryOptions{MaxRetries: -1}))
				err := m.do(t.Context(), c)
				request, ok := errors.AsType[*RequestError](err)
				if !ok || errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnavailable) {
					t.Fatalf("error = %v, want a *RequestError that matches neither ErrNotFound nor ErrUnavailable", err)
				}
				if text := request.Err.Error(); !strings.Contains(text, "missing") && !strings.Contains(text, "instead of") && !strings.Contains(text, "none of") {
					t.Errorf("error = %v, want one that names what is missing", err)
				}
				_, unknown := errors.AsType[*UnknownOutcomeError](err)
				check(t, "unknown outcome", unknown, m.path == "/call")
			})
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// incompleteAt answers requests whose path ends so with body, and sessions as usual.
func incompleteAt(end, body string) transportFunc {
	return func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, end) {
			return respond(200, body)(req)
		}
		if strings.HasSuffix(req.URL.Path, "/sessions") {
			return respond(200, oneSession)(req)
		}
		return errorResponse(500, "unexpected "+req.URL.Path)(req)
	}
}
