package scenario

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// nobody is an id that nothing has: what is asked to happen to it harms nobody, should a service take a request that is
// meant to be refused.
const nobody = "9007199254740991"

// request is a smallest request that follows the description.
type request struct{ method, path, body string }

// smallest holds one request for each operation. Names stand for %s.
var smallest = []request{
	{http.MethodGet, "/functions", ""},
	{http.MethodPost, "/functions", `{"items": [{"name": "%s", "fileId": ` + nobody + `}]}`},
	{http.MethodPost, "/functions/list", `{}`},
	{http.MethodPost, "/functions/byids", `{"items": [{"externalId": "%s-none"}]}`},
	{http.MethodPost, "/functions/delete", `{"items": [{"externalId": "%s-none"}]}`},
	{http.MethodGet, "/functions/limits", ""},
	{http.MethodGet, "/functions/status", ""},
	{http.MethodPost, "/functions/status", ""},
	{http.MethodGet, "/functions/" + nobody, ""},
	{http.MethodPost, "/functions/" + nobody + "/call", `{"nonce": "none"}`},
	{http.MethodGet, "/functions/" + nobody + "/calls", ""},
	{http.MethodPost, "/functions/" + nobody + "/calls/list", `{}`},
	{http.MethodPost, "/functions/" + nobody + "/calls/byids", `{"items": [{"id": ` + nobody + `}]}`},
	{http.MethodGet, "/functions/" + nobody + "/calls/" + nobody, ""},
	{http.MethodGet, "/functions/" + nobody + "/calls/" + nobody + "/response", ""},
	{http.MethodGet, "/functions/" + nobody + "/calls/" + nobody + "/logs", ""},
	{http.MethodGet, "/functions/schedules", ""},
	{
		http.MethodPost, "/functions/schedules",
		`{"items": [{"name": "%s", "cronExpression": "0 0 1 1 *", "functionId": ` + nobody + `, "nonce": "none"}]}`,
	},
	{http.MethodPost, "/functions/schedules/list", `{}`},
	{http.MethodPost, "/functions/schedules/byids", `{"items": [{"id": ` + nobody + `}]}`},
	{http.MethodPost, "/functions/schedules/delete", `{"items": [{"id": ` + nobody + `}]}`},
	{http.MethodGet, "/functions/schedules/" + nobody, ""},
	{http.MethodGet, "/functions/schedules/" + nobody + "/input_data", ""},
	{http.MethodGet, "/sessions", ""},
	{http.MethodPost, "/sessions", `{"items": [{"oneshotTokenExchange": true}]}`},
	{http.MethodPost, "/sessions/byids", `{"items": [{"id": ` + nobody + `}]}`},
	{http.MethodPost, "/sessions/revoke", `{"items": [{"id": ` + nobody + `}]}`},
	{http.MethodPost, "/files", `{"name": "%[1]s", "externalId": "%[1]s-refused"}`},
	{http.MethodPost, "/files/byids", `{"items": [{"externalId": "%s-none"}]}`},
	{http.MethodGet, "/files/" + nobody, ""},
	{http.MethodPost, "/files/delete", `{"items": [{"externalId": "%s-none"}]}`},
	{http.MethodPost, "/files/downloadlink", `{"items": [{"externalId": "%s-none"}]}`},
}

// named puts the scenario's name into a body.
func (s *scenario) named(body string) string {
	if strings.Contains(body, "%") {
		return fmt.Sprintf(body, s.Name)
	}
	return body
}

// unauthorized tries every operation with a token that is none.
func (s *scenario) unauthorized() error {
	config := s.Config
	config.TokenSource = functions.StaticToken("not-a-token")
	client, err := clientWith(config, &s.transport)
	if err != nil {
		return err
	}
	errs := make([]error, 0, len(smallest))
	for _, r := range smallest {
		errs = append(errs, refused(sendWith(s.ctx, client, r.method, r.path, s.named(r.body))))
	}
	return errors.Join(errs...)
}
