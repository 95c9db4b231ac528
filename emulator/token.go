package emulator

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/signature"
)

const (
	issuePath    = "/oauth2/token"
	inspectPath  = "/api/v1/token/inspect"
	tokenPurpose = "token"
)

// tokenError is the body of a refused token request, by RFC 6749, section 5.2.
type tokenError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// issueToken answers client credentials with a token, by RFC 6749, section 4.4.
func (s *server) issueToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := r.ParseForm(); err != nil {
		writeToken(w, http.StatusBadRequest, tokenError{"invalid_request", "the body is not a form"})
		return
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = unescaped(user), unescaped(password)
	}
	switch {
	case r.PostForm.Get("grant_type") == "":
		writeToken(w, http.StatusBadRequest, tokenError{"invalid_request", "grant_type is missing: send client_credentials"})
	case r.PostForm.Get("grant_type") != "client_credentials":
		writeToken(w, http.StatusBadRequest, tokenError{"unsupported_grant_type", "the only grant type is client_credentials"})
	case !s.emulator.knownClient(id, secret):
		w.Header().Set("WWW-Authenticate", `Basic realm="emulator"`)
		writeToken(w, http.StatusUnauthorized, tokenError{"invalid_client", "the client id or its secret is wrong"})
	default:
		lifetime := s.emulator.options.TokenLifetime
		writeToken(w, http.StatusOK, struct {
			AccessToken string `json:"access_token"`
			TokenType   string `json:"token_type"`
			ExpiresIn   int64  `json:"expires_in"`
		}{s.signer.Sign(tokenPurpose, id, time.Now().Add(lifetime)), "Bearer", int64(lifetime / time.Second)})
	}
}

// unescaped undoes the form encoding that RFC 6749 asks for inside Basic credentials; text that is not encoded stays.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func writeToken(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // cannot happen: numbers and texts encode
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(text) // the caller may have gone; nobody is left to tell
}

// authorize returns who sends a request, or the error for one without a valid token.
func (s *server) authorize(r *http.Request) (string, *envelope.Error) {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(kind, "Bearer") || token == "" {
		return "", envelope.New(http.StatusUnauthorized, "Unauthorized: send a token in the header Authorization: Bearer …")
	}
	subject, err := s.signer.Verify(tokenPurpose, token, time.Now())
	switch {
	case err == nil:
		return subject, nil
	case errors.Is(err, signature.ErrExpired):
		return "", envelope.New(http.StatusUnauthorized, "Unauthorized: the token has expired, get a new one")
	case s.emulator.options.Clients != nil:
		return "", envelope.New(http.StatusUnauthorized, "Unauthorized: the token is not one of this emulator, get one from %s", issuePath)
	}
	return "anonymous", nil
}

// inspectToken says who the caller is and that everything is allowed; client libraries ask after a 401.
func (s *server) inspectToken(w http.ResponseWriter, r *http.Request) {
	subject, problem := s.authorize(r)
	if problem != nil {
		envelope.Write(w, problem)
		return
	}
	everything := map[string]any{"all": map[string]any{}}
	projects := map[string]any{"projects": []string{s.emulator.options.Project}}
	capabilities := []map[string]any{}
	for acl, actions := range map[string][]string{
		"filesAcl": {"READ", "WRITE"}, "functionsAcl": {"READ", "WRITE", "RUN"}, "sessionsAcl": {"LIST", "CREATE", "DELETE"},
	} {
		capabilities = append(capabilities, map[string]any{
			acl: map[string]any{"version": 1, "actions": actions, "scope": everything}, "projectScope": projects,
		})
	}
	writeToken(w, http.StatusOK, map[string]any{
		"subject":      subject,
		"projects":     []map[string]any{{"projectUrlName": s.emulator.options.Project, "groups": []int64{}}},
		"capabilities": capabilities,
	})
}
