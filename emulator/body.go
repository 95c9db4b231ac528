package emulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
)

// maxBody bounds the body of an API request once it is decompressed, in bytes. It lies far above every documented limit,
// so that those are what callers run into.
const maxBody = 64 << 20

// prepareBody reads a request's body, which may be compressed, and checks that it is one JSON value and nothing else.
func prepareBody(w http.ResponseWriter, r *http.Request) *envelope.Error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	var reader io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(reader)
		if err != nil {
			return envelope.BadRequest("the request body is not valid gzip: %v", err)
		}
		reader = unzipped
	default:
		return envelope.New(http.StatusUnsupportedMediaType, "the content encoding %q is not known: use gzip or none", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) || len(body) > maxBody {
		return envelope.New(http.StatusRequestEntityTooLarge, "the request body is larger than %d bytes", maxBody)
	}
	if err != nil {
		return envelope.BadRequest("the request body cannot be read: %v", err)
	}
	return setBody(r, body)
}

// setBody puts a plain body into the request.
func setBody(r *http.Request, body []byte) *envelope.Error {
	r.Header.Del("Content-Encoding")
	r.ContentLength = int64(len(body))
	if len(body) == 0 {
		r.Body = http.NoBody
		return nil
	}
	var value json.RawMessage
	if err := json.Unmarshal(body, &value); err != nil {
		return envelope.BadRequest("the request body is not valid JSON: %v", err)
	}
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json") // there is no other
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// keptAnswer holds an answer back, so that it can be checked before it is sent.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header to be sent.
func (k *keptAnswer) Header() http.Header { return k.header }

// WriteHeader notes the status.
func (k *keptAnswer) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

// Write adds to the body.
func (k *keptAnswer) Write(part []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(part)
}
