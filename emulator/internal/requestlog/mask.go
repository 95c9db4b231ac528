package requestlog

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const masked = "***"

var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie", "Api-Key", "X-Api-Key"}

// secretKeys are the keys of JSON objects, forms and queries whose values are secret, as isSecret compares them. A
// signature is part of the URLs.
var secretKeys = map[string]bool{
	"nonce": true, "clientsecret": true, "clientassertion": true, "assertion": true, "password": true,
	"accesstoken": true, "refreshtoken": true, "idtoken": true, "subjecttoken": true, "actortoken": true,
	"indexurl": true, "extraindexurls": true, "uploadurl": true, "downloadurl": true,
}

// isSecret reports whether the value of a key is secret. It ignores case, "_" and "-", because rejected requests with a
// misspelled key are recorded as well.
func isSecret(key string) bool { return secretKeys[normalizeKey(key)] }

func normalizeKey(key string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(key))
}

// maskHeader returns a copy of a header without credentials.
func maskHeader(header http.Header) http.Header {
	header = header.Clone()
	for _, name := range secretHeaders {
		if header.Get(name) != "" {
			header.Set(name, masked)
		}
	}
	return header
}

// maskBody returns a JSON or form body without secrets. It returns "" for other bodies, which cannot be masked.
func maskBody(body []byte, header http.Header) string {
	if strings.EqualFold(header.Get("Content-Encoding"), "gzip") {
		body = unzip(body)
	}
	if strings.HasPrefix(header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return maskForm(string(body))
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // keeps all digits
	if err := decoder.Decode(&value); err != nil {
		return ""
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(maskValue(value)); err != nil {
		return ""
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// unzip decompresses a body, or returns nil if it is too long or not valid.
func unzip(body []byte) []byte {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	plain, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if err != nil || len(plain) > maxBody {
		return nil
	}
	return plain
}

// maskForm returns a form, or the query of a URL, without secrets.
func maskForm(form string) string {
	fields := strings.Split(form, "&")
	for i, field := range fields {
		key, _, hasValue := strings.Cut(field, "=")
		if plain, err := url.QueryUnescape(key); hasValue && (err != nil || isSecret(plain)) {
			fields[i] = key + "=" + masked
		}
	}
	return strings.Join(fields, "&")
}

// maskPath returns a path with its query without secrets.
func maskPath(path string) string {
	path, query, hasQuery := strings.Cut(path, "?")
	if !hasQuery {
		return path
	}
	return path + "?" + maskForm(query)
}

// maskValue replaces the secrets in a decoded JSON value.
func maskValue(value any) any {
	switch container := value.(type) {
	case map[string]any:
		for key, inner := range container {
			switch {
			case isSecret(key):
				container[key] = masked
			case normalizeKey(key) == "secrets":
				container[key] = maskAll(inner)
			default:
				container[key] = maskValue(inner)
			}
		}
	case []any:
		for i := range container {
			container[i] = maskValue(container[i])
		}
	}
	return value
}

// maskAll replaces all values of an object, such as the secrets of a function, or a value that is not an object.
func maskAll(value any) any {
	object, ok := value.(map[string]any)
	if !ok {
		return masked
	}
	for key := range object {
		object[key] = masked
	}
	return object
}
