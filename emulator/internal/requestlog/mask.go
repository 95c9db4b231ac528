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

var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie"}

// secretKeys are the keys of JSON objects and forms whose values are secret. A signature is part of the URLs.
var secretKeys = map[string]bool{
	"nonce": true, "clientSecret": true, "client_secret": true, "client_assertion": true, "access_token": true,
	"indexUrl": true, "extraIndexUrls": true, "uploadUrl": true, "downloadUrl": true,
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
	if header.Get("Content-Encoding") == "gzip" {
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

func maskForm(body string) string {
	form, err := url.ParseQuery(body)
	if err != nil {
		return ""
	}
	for key := range form {
		if secretKeys[key] {
			form.Set(key, masked)
		}
	}
	return form.Encode()
}

// maskValue replaces the secrets in a decoded JSON value.
func maskValue(value any) any {
	switch container := value.(type) {
	case map[string]any:
		for key, inner := range container {
			switch {
			case secretKeys[key]:
				container[key] = masked
			case key == "secrets":
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
