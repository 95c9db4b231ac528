package faults

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
)

// change returns a behavior that carries out the operation and sends its response in another way.
func change(send func(f *failing, w http.ResponseWriter, r *http.Request, held *response)) behavior {
	return func(f *failing, w http.ResponseWriter, r *http.Request) { send(f, w, r, carryOut(r, f.next)) }
}

// sendBody returns a function that sends a response with another body.
func sendBody(body func(*response, *failing) []byte) func(*failing, http.ResponseWriter, *http.Request, *response) {
	return func(f *failing, w http.ResponseWriter, _ *http.Request, held *response) {
		held.send(w, body(held, f))
	}
}

// sendTooLittle announces one byte more than it sends.
func sendTooLittle(_ *failing, w http.ResponseWriter, _ *http.Request, held *response) {
	held.sendHeader(w, held.body.Len()+1)
	_, _ = w.Write(held.body.Bytes()) // the client may have disconnected
}

// bodyPieces is the number of pieces of a slow body.
const bodyPieces = 10

func (f *failing) sendSlowly(w http.ResponseWriter, r *http.Request, held *response) {
	body := held.body.Bytes()
	held.sendHeader(w, len(body))
	_ = http.NewResponseController(w).Flush() // the client may have disconnected
	for piece := range bodyPieces {
		f.sleep(r, f.Fault.Duration/bodyPieces)
		begin, end := len(body)*piece/bodyPieces, len(body)*(piece+1)/bodyPieces
		_, _ = w.Write(body[begin:end]) // the client may have disconnected
		_ = http.NewResponseController(w).Flush()
	}
}

func asHTML(held *response, _ *failing) []byte {
	held.header.Set("Content-Type", "text/html; charset=utf-8")
	return held.body.Bytes()
}

func asGzip(held *response, _ *failing) []byte {
	held.header.Set("Content-Encoding", "gzip")
	return []byte("this is not gzip")
}

// insteadOfSuccess returns the body of a success from another function, and the body of an error unchanged.
func insteadOfSuccess(body func(*response, *failing) []byte) func(*response, *failing) []byte {
	return func(held *response, f *failing) []byte {
		if held.isSuccess() {
			return body(held, f)
		}
		return held.body.Bytes()
	}
}

func errorBody(_ *response, f *failing) []byte {
	held := &response{header: http.Header{}}
	envelope.Write(held, envelope.New(http.StatusInternalServerError, "%s", cmp.Or(f.Fault.Message, "injected fault")))
	return held.body.Bytes()
}

// sendWithoutFields removes fields from a success. A field that the response does not have is an error, because the fault
// would have no effect.
func (f *failing) sendWithoutFields(w http.ResponseWriter, _ *http.Request, held *response) {
	fields := []string{f.Fault.Field}
	if f.Fault.Field == "" {
		fields = f.request.RequiredFields(held.status)
	}
	body, removed := held.body.Bytes(), false
	if held.isSuccess() {
		body, removed = withoutFields(body, fields)
	}
	if f.Fault.Field != "" && !removed {
		envelope.Write(w, envelope.New(http.StatusInternalServerError,
			"the injected fault cannot remove the field %q: the response does not have it; use a path such as items.0.status", f.Fault.Field))
		return
	}
	held.send(w, body)
}

// withoutFields removes fields from a JSON body and reports whether it had one of them.
func withoutFields(body []byte, paths []string) (changed []byte, removed bool) {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // keeps all digits
	if err := decoder.Decode(&value); err != nil {
		return body, false
	}
	for _, path := range paths {
		removed = removeField(value, strings.Split(path, ".")) || removed
	}
	changed, err := json.Marshal(value)
	if err != nil {
		return body, false
	}
	return changed, removed
}

// removeField removes the field with a path and reports whether it existed.
func removeField(value any, path []string) bool {
	switch container := value.(type) {
	case map[string]any:
		inner, ok := container[path[0]]
		if ok && len(path) == 1 {
			delete(container, path[0])
			return true
		}
		return ok && removeField(inner, path[1:])
	case []any:
		index, err := strconv.Atoi(path[0])
		return err == nil && index >= 0 && index < len(container) && len(path) > 1 && removeField(container[index], path[1:])
	}
	return false
}
