package httpapi

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

// maxBodyBytes bounds the decompressed body of an API request. It is far above all documented limits, so that clients
// receive the errors of those limits.
const maxBodyBytes = 64 << 20

// decodeBody replaces the body of a request by the decompressed body and checks that it is exactly one JSON value.
func decodeBody(w http.ResponseWriter, r *http.Request) *envelope.Error {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	var reader io.Reader = http.MaxBytesReader(w, r.Body, maxBodyBytes)
	switch encoding := strings.ToLower(r.Header.Get("Content-Encoding")); encoding {
	case "", "identity":
	case "gzip":
		unzipped, err := gzip.NewReader(reader)
		if err != nil {
			return envelope.BadRequest("the request body is not valid gzip: %v", err)
		}
		reader = unzipped
	default:
		return envelope.New(http.StatusUnsupportedMediaType, "the content encoding %q is not supported: use gzip or none", encoding)
	}
	body, err := io.ReadAll(io.LimitReader(reader, maxBodyBytes+1))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge || len(body) > maxBodyBytes {
		return envelope.New(http.StatusRequestEntityTooLarge, "the request body is larger than %d bytes", maxBodyBytes)
	}
	if err != nil {
		return envelope.BadRequest("the request body cannot be read: %v", err)
	}
	return setBody(r, body)
}

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
		r.Header.Set("Content-Type", "application/json") // the only type of the API
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}
