package httpapi

import (
	"net/http"
	"time"
)

// uploadContent receives the content of a file. The signature in the URL is the authorization; a token is ignored.
func (h *Handler) uploadContent(w http.ResponseWriter, r *http.Request) {
	err := h.config.Service.ReceiveContent(r.Context(), r.PathValue("file"), r.PathValue("signature"), r.Body)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// downloadContent sends the content of a file.
func (h *Handler) downloadContent(w http.ResponseWriter, r *http.Request) {
	content, mimeType, err := h.config.Service.OpenContent(r.Context(), r.PathValue("file"), r.PathValue("signature"))
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	defer func() { _ = content.Close() }() // only read from
	if mimeType == "" {
		mimeType = "application/octet-stream"
	}
	w.Header().Set("Content-Type", mimeType)
	w.Header().Set("X-Content-Type-Options", "nosniff") // a browser must not run uploaded content
	http.ServeContent(w, r, "", time.Time{}, content)
}
