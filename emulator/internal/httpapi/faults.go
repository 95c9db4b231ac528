package httpapi

import (
	"net/http"

	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/emulator/internal/requestlog"
)

// withFaults adds faults to an operation of the Functions API.
func (h *Handler) withFaults(operation string, next http.HandlerFunc) http.HandlerFunc {
	request := faults.Request{
		Operation:       h.contract.OperationID(operation),
		TokenGeneration: h.tokenGeneration,
		RequiredFields:  func(status int) []string { return h.contract.RequiredFields(operation, status) },
	}
	return h.serveWithFaults(request, next)
}

// withFault adds faults to an endpoint that is not an operation of the Functions API, whose response has required fields.
func (h *Handler) withFault(name string, next http.HandlerFunc, required ...string) http.HandlerFunc {
	request := faults.Request{Operation: name, RequiredFields: func(int) []string { return required }}
	return h.serveWithFaults(request, next)
}

func (h *Handler) serveWithFaults(request faults.Request, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		requestlog.SetOperation(r.Context(), request.Operation)
		h.config.Faults.Serve(w, r, request, next)
	}
}
