package functions

import (
	"context"
	"net/http"
	"strings"
)

// operation is what the transport must know about an operation of the API. The table below repeats the description in
// api/openapi.yaml, which this package does not link; a test holds the two together.
type operation struct {
	id         string
	method     string
	path       string
	capability string
	// safe tells that the operation may be repeated although nobody knows whether it was carried out.
	safe bool
	// nonce tells that the body holds a single-use nonce, so that whoever made the body must make the next one as well.
	nonce bool
	// signed tells that the address itself lets whoever knows it in, so that it is a secret.
	signed bool
}

var operations = []operation{
	{id: "getFunctions", method: "GET", path: "/functions", capability: "functionsAcl:READ", safe: true},
	{id: "postFunctions", method: "POST", path: "/functions", capability: "functionsAcl:WRITE"},
	{id: "listFunctions", method: "POST", path: "/functions/list", capability: "functionsAcl:READ", safe: true},
	{id: "byIdsFunctions", method: "POST", path: "/functions/byids", capability: "functionsAcl:READ", safe: true},
	{id: "deleteFunctions", method: "POST", path: "/functions/delete", capability: "functionsAcl:WRITE"},
	{id: "functionsLimits", method: "GET", path: "/functions/limits", capability: "functionsAcl:READ", safe: true},
	{id: "getFunctionsStatus", method: "GET", path: "/functions/status", capability: "functionsAcl:READ", safe: true},
	{id: "postFunctionsStatus", method: "POST", path: "/functions/status", capability: "functionsAcl:WRITE", safe: true},
	{id: "getFunctionSchedules", method: "GET", path: "/functions/schedules", capability: "functionsAcl:READ", safe: true},
	{id: "postFunctionSchedules", method: "POST", path: "/functions/schedules", capability: "functionsAcl:WRITE", nonce: true},
	{id: "listFunctionSchedules", method: "POST", path: "/functions/schedules/list", capability: "functionsAcl:READ", safe: true},
	{id: "byIdsFunctionSchedules", method: "POST", path: "/functions/schedules/byids", capability: "functionsAcl:READ", safe: true},
	{id: "deleteFunctionSchedules", method: "POST", path: "/functions/schedules/delete", capability: "functionsAcl:WRITE"},
	{id: "getFunctionSchedule", method: "GET", path: "/functions/schedules/{}", capability: "functionsAcl:READ", safe: true},
	{id: "getFunctionScheduleInputData", method: "GET", path: "/functions/schedules/{}/input_data", capability: "functionsAcl:READ", safe: true},
	{id: "getFunction", method: "GET", path: "/functions/{}", capability: "functionsAcl:READ", safe: true},
	{id: "postFunctionsCall", method: "POST", path: "/functions/{}/call", capability: "functionsAcl:RUN", nonce: true},
	{id: "getFunctionCalls", method: "GET", path: "/functions/{}/calls", capability: "functionsAcl:READ", safe: true},
	{id: "listFunctionCalls", method: "POST", path: "/functions/{}/calls/list", capability: "functionsAcl:READ", safe: true},
	{id: "byIdsFunctionCalls", method: "POST", path: "/functions/{}/calls/byids", capability: "functionsAcl:READ", safe: true},
	{id: "getFunctionCall", method: "GET", path: "/functions/{}/calls/{}", capability: "functionsAcl:READ", safe: true},
	{id: "getFunctionCallResponse", method: "GET", path: "/functions/{}/calls/{}/response", capability: "functionsAcl:READ", safe: true},
	{id: "getFunctionCallLogs", method: "GET", path: "/functions/{}/calls/{}/logs", capability: "functionsAcl:READ", safe: true},
	{id: "listSessions", method: "GET", path: "/sessions", capability: "sessionsAcl:LIST", safe: true},
	{id: "createSessions", method: "POST", path: "/sessions", capability: "sessionsAcl:CREATE", safe: true},
	{id: "getSessionsByIds", method: "POST", path: "/sessions/byids", capability: "sessionsAcl:LIST", safe: true},
	{id: "revokeSessions", method: "POST", path: "/sessions/revoke", capability: "sessionsAcl:DELETE", safe: true},
	{id: "initFileUpload", method: "POST", path: "/files", capability: "filesAcl:WRITE"},
	{id: "byIdsFiles", method: "POST", path: "/files/byids", capability: "filesAcl:READ", safe: true},
	{id: "getFileByInternalId", method: "GET", path: "/files/{}", capability: "filesAcl:READ", safe: true},
	{id: "deleteFiles", method: "POST", path: "/files/delete", capability: "filesAcl:WRITE"},
	{id: "downloadLinks", method: "POST", path: "/files/downloadlink", capability: "filesAcl:READ", safe: true},
}

// Requests beside the described ones, to signed URLs.
var (
	uploadOperation   = operation{id: "upload", method: http.MethodPut, safe: true, signed: true}
	downloadOperation = operation{id: "download", method: http.MethodGet, safe: true, signed: true}
)

// operationOf finds the operation of a request to the API by its method and path.
func operationOf(req *http.Request) operation {
	if op, ok := req.Context().Value(operationKey{}).(operation); ok {
		return op
	}
	// Everything before the project's name is the server's address, which may have a path of its own.
	_, rest, _ := strings.Cut(req.URL.Path, "/api/v1/projects/")
	_, path, _ := strings.Cut(rest, "/")
	segments := strings.Split(path, "/")
	for _, op := range operations {
		if op.method == req.Method && op.matches(segments) {
			return op
		}
	}
	return operation{id: req.Method + " /" + path, method: req.Method}
}

// matches relies on the table's order: literal segments stand before the wildcards that would match them too.
func (op operation) matches(segments []string) bool {
	want := strings.Split(op.path[1:], "/")
	if len(want) != len(segments) {
		return false
	}
	for i, w := range want {
		if w != "{}" && w != segments[i] {
			return false
		}
	}
	return true
}

type operationKey struct{}

// withOperation names the operation of requests that no path tells.
func withOperation(ctx context.Context, op operation) context.Context {
	return context.WithValue(ctx, operationKey{}, op)
}
