package httpapi

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestErrorTexts pins the sentences of all errors. Other tests compare status codes and key words only.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	h := newTestHandler(t)
	h.config.RequireToken = true
	const list = "/api/v1/projects/emulator/functions/list"
	type header = map[string]string
	authorized := h.signer.Sign(tokenPurpose, "client", farFuture)
	bearer := header{"Authorization": "Bearer " + authorized}
	with := func(name, value string) header { return header{"Authorization": bearer["Authorization"], name: value} }
	request := func(method, path string, header header, body string) error {
		r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
		for name, value := range header {
			r.Header.Set(name, value)
		}
		if host := header["Host"]; host != "" {
			r.Host = host
		}
		_, problem := h.serve(r)
		return errors.New(problem.Message)
	}
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"no port", CheckAddr("127.0.0.1", false), `the address "127.0.0.1" is not of the form host:port, such as 127.0.0.1:8080`},
		{"remote address", CheckAddr(":80", false), "the address :80 can be reached from other machines, and the emulator runs uploaded code: use 127.0.0.1"},
		{"address in use", listenError("127.0.0.1:80", syscall.EADDRINUSE), "the address 127.0.0.1:80 is in use; choose another port, or port 0 for a free one"},
		{
			"no permission", listenError("127.0.0.1:80", os.ErrPermission),
			"this process has no permission to listen on 127.0.0.1:80; choose a port above 1023, or port 0 for a free one",
		},
		{
			"other listen error", listenError("127.0.0.1:70000", &net.AddrError{Err: "invalid port", Addr: "70000"}),
			"the emulator cannot listen on 127.0.0.1:70000; choose another address: address 70000: invalid port",
		},
		{
			"unknown path", request(http.MethodGet, "/api/v1/projects/emulator/timeseries", bearer, ""),
			"the emulator has no GET /api/v1/projects/emulator/timeseries: it serves the Functions API, and of other services only sessions and the files of code",
		},
		{"other method", request(http.MethodDelete, "/api/v1/projects/emulator/functions", bearer, ""), "the emulator has no DELETE /api/v1/projects/emulator/functions: use GET, POST"},
		{"other host", request(http.MethodGet, list, with("Host", "attacker.example.com"), ""), `the host "attacker.example.com" is not this machine: use 127.0.0.1`},
		{"no token", request(http.MethodPost, list, nil, "{}"), "Unauthorized: send a token in the header Authorization: Bearer …"},
		{
			"unknown token", request(http.MethodPost, list, header{"Authorization": "Bearer x"}, "{}"),
			"Unauthorized: the token is not one of this emulator, get one from /oauth2/token",
		},
		{
			"expired token", request(http.MethodPost, list, header{"Authorization": "Bearer " + h.signer.Sign(tokenPurpose, "client", longPast)}, "{}"),
			"Unauthorized: the token has expired, get a new one",
		},
		{
			"other project", request(http.MethodPost, strings.Replace(list, "emulator", "other", 1), bearer, "{}"),
			`Unauthorized: there is no project "other" here, the emulator's is "emulator"`,
		},
		{"content encoding", request(http.MethodPost, list, with("Content-Encoding", "br"), "{}"), `the content encoding "br" is not supported: use gzip or none`},
		{"gzip", request(http.MethodPost, list, with("Content-Encoding", "gzip"), "{}"), "the request body is not valid gzip: unexpected EOF"},
		{"JSON", request(http.MethodPost, list, bearer, "{}garbage"), "the request body is not valid JSON: invalid character 'g' after top-level value"},
		{
			"number", request(http.MethodPost, list, bearer, `{"limit":1.0}`),
			"limit: write a whole number as digits alone, without a decimal point or exponent, in the request body",
		},
	} {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.name, tt.err, tt.want)
		}
	}
}
