package faults

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
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

// send sends a response with another body.
func (h *response) send(w http.ResponseWriter, body []byte) {
	h.sendHeader(w, len(body))
	_, _ = w.Write(body) // the client may have disconnected
}

// sendHeader sends the header of a response with the length of a body.
func (h *response) sendHeader(w http.ResponseWriter, length int) {
	maps.Copy(w.Header(), h.header)
	w.Header().Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(h.status)
}

// withoutFields removes fields from a JSON body. A body without the fields is returned unchanged.
func withoutFields(body []byte, paths ...string) []byte {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // keeps all digits
	if err := decoder.Decode(&value); err != nil {
		return body
	}
	for _, path := range paths {
		removeField(value, strings.Split(path, "."))
	}
	changed, err := json.Marshal(value)
	if err != nil {
		return body
	}
	return changed
}

func removeField(value any, path []string) {
	switch container := value.(type) {
	case map[string]any:
		if len(path) == 1 {
			delete(container, path[0])
			return
		}
		removeField(container[path[0]], path[1:])
	case []any:
		if index, err := strconv.Atoi(path[0]); err == nil && index >= 0 && index < len(container) && len(path) > 1 {
			removeField(container[index], path[1:])
		}
	}
}
