package httpapi

import (
	"net/http"

	"github.com/cogfn/cogfn/emulator/internal/contract"
	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/gen/control"
)

// controlPath is the beginning of all paths of the control API.
const controlPath = "/_emulator/"

// registerControl registers the operations of the control API.
func (h *Handler) registerControl() {
	strict := control.NewStrictHandlerWithOptions(h.config.Control, nil, control.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  writeDecodeError,
		ResponseErrorHandlerFunc: h.writeError,
	})
	control.HandlerWithOptions(strict, control.StdHTTPServerOptions{
		BaseRouter:       operationRouter{h.router, h, contract.LoadControl, "", h.authorizeControl, nil},
		ErrorHandlerFunc: writeDecodeError,
	})
}

// authorizeControl checks the credentials of a request to the control API. It accepts no token, because in a test every
// token can be accepted.
func (h *Handler) authorizeControl(r *http.Request, _ map[string]string) *envelope.Error {
	if id, secret, ok := r.BasicAuth(); ok && h.config.ControlClient(id, secret) {
		return nil
	}
	problem := envelope.New(http.StatusUnauthorized, "the control API needs the client id and the client secret of the emulator as Basic credentials; "+
		"cogfn emulator --env-file writes them to a file")
	problem.Header = http.Header{"Www-Authenticate": {`Basic realm="emulator"`}}
	return problem
}
