package httpapi

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/signature"
	"github.com/cogfn/cogfn/gen"
)

// TokenPath is the path of the OAuth 2.0 token endpoint.
const TokenPath = "/oauth2/token" //nolint:gosec // a path, not a secret

const (
	inspectPath  = "/api/v1/token/inspect"
	tokenPurpose = "token"
	maxFormBytes = 1 << 20
)

// tokenError is the body of a rejected token request, see RFC 6749, section 5.2.
type tokenError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// issueToken exchanges client credentials for a token, see RFC 6749, section 4.4.
func (h *Handler) issueToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		writeJSON(w, http.StatusBadRequest, tokenError{"invalid_request", "the body is not a form"})
		return
	}
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		id, secret = unescapeCredential(user), unescapeCredential(password)
	}
	switch {
	case r.PostForm.Get("grant_type") == "":
		writeJSON(w, http.StatusBadRequest, tokenError{"invalid_request", "grant_type is missing: send client_credentials"})
	case r.PostForm.Get("grant_type") != "client_credentials":
		writeJSON(w, http.StatusBadRequest, tokenError{"unsupported_grant_type", "the only grant type is client_credentials"})
	case !h.config.KnownClient(id, secret):
		w.Header().Set("WWW-Authenticate", `Basic realm="emulator"`)
		writeJSON(w, http.StatusUnauthorized, tokenError{"invalid_client", "the client id or its secret is wrong"})
	default:
		writeJSON(w, http.StatusOK, struct {
			AccessToken string `json:"access_token"`
			TokenType   string `json:"token_type"`
			ExpiresIn   int64  `json:"expires_in"` // seconds
		}{
			AccessToken: h.signer.Sign(tokenPurpose, h.subject(id), h.config.Now().Add(h.config.TokenLifetime)),
			TokenType:   "Bearer",
			ExpiresIn:   int64(h.config.TokenLifetime / time.Second),
		})
	}
}

// unescapeCredential decodes a part of Basic credentials, which RFC 6749, section 2.3.1, encodes as in forms. Some
// clients do not encode them; an invalid encoding is returned unchanged.
func unescapeCredential(value string) string {
	if plain, err := url.QueryUnescape(value); err == nil {
		return plain
	}
	return value
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		panic(err) // the bodies consist of numbers and strings
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // the client may have disconnected
}

// bearerToken returns the token of a request, or "".
func bearerToken(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// subject returns the subject of a new token for a client: the generation of the token and the client id.
func (h *Handler) subject(clientID string) string {
	return strconv.FormatInt(h.config.Faults.Generation(), 10) + " " + clientID
}

// tokenGeneration returns the generation of a request's token, or -1 if it is not one of this emulator's.
func (h *Handler) tokenGeneration(r *http.Request) int64 {
	subject, err := h.signer.Verify(tokenPurpose, bearerToken(r), h.config.Now())
	if err != nil {
		return -1
	}
	number, _, _ := strings.Cut(subject, " ")
	generation, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return -1 // cannot happen: the emulator has signed the token
	}
	return generation
}

// authorize returns the subject of the token of a request.
func (h *Handler) authorize(r *http.Request) (string, *envelope.Error) {
	token := bearerToken(r)
	if token == "" {
		return "", envelope.New(http.StatusUnauthorized, "Unauthorized: send a token in the header Authorization: Bearer …")
	}
	subject, err := h.signer.Verify(tokenPurpose, token, h.config.Now())
	switch {
	case err == nil:
		_, clientID, _ := strings.Cut(subject, " ")
		return clientID, nil
	case errors.Is(err, signature.ErrExpired):
		return "", envelope.New(http.StatusUnauthorized, "Unauthorized: the token has expired, get a new one")
	case h.config.RequireToken:
		return "", envelope.New(http.StatusUnauthorized, "Unauthorized: the token is not one of this emulator, get one from %s", TokenPath)
	}
	return "anonymous", nil
}

// apiActions returns the actions of the API's capabilities by access control list, such as READ of functionsAcl.
var apiActions = sync.OnceValue(func() map[string][]string {
	actions := map[string][]string{}
	for _, operation := range gen.Operations() {
		for _, capability := range operation.Capabilities {
			acl, action, _ := strings.Cut(capability, ":")
			if !slices.Contains(actions[acl], action) {
				actions[acl] = append(actions[acl], action)
			}
		}
	}
	return actions
})

// inspectToken returns the subject of a token with all capabilities. Client libraries send this request after a 401.
func (h *Handler) inspectToken(w http.ResponseWriter, r *http.Request) {
	subject, problem := h.authorize(r)
	if problem != nil {
		envelope.Write(w, problem)
		return
	}
	all := map[string]any{"all": map[string]any{}}
	projects := map[string]any{"projects": []string{h.config.Project}}
	actions := apiActions()
	var capabilities []map[string]any
	for _, acl := range slices.Sorted(maps.Keys(actions)) {
		capabilities = append(capabilities, map[string]any{
			acl: map[string]any{"version": 1, "actions": actions[acl], "scope": all}, "projectScope": projects,
		})
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"subject":      subject,
		"projects":     []map[string]any{{"projectUrlName": h.config.Project, "groups": []int64{}}},
		"capabilities": capabilities,
	})
}
