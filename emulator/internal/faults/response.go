package faults

import (
	"bytes"
	"maps"
	"net/http"
	"strconv"
)

// response holds back the response of an operation.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// carryOut carries out an operation and returns its response.
func carryOut(r *http.Request, next http.HandlerFunc) *response {
	held := &response{header: http.Header{}}
	next(held, r)
	if held.status == 0 {
		held.status = http.StatusOK
	}
	return held
}

// Header implements [http.ResponseWriter].
func (h *response) Header() http.Header { return h.header }

// WriteHeader implements [http.ResponseWriter].
func (h *response) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write implements [http.ResponseWriter].
func (h *response) Write(part []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(part)
}

func (h *response) isSuccess() bool { return h.status >= 200 && h.status < 300 }

// sendHeader sends the header of a response with the length of a body.
func (h *response) sendHeader(w http.ResponseWriter, length int) {
	maps.Copy(w.Header(), h.header)
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(h.status)
}

// send sends a response with another body.
func (h *response) send(w http.ResponseWriter, body []byte) {
	h.sendHeader(w, len(body))
	_, _ = w.Write(body) // the client may have disconnected
}
