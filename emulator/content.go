package emulator

import (
	"net/http"
	"time"
)

// receiveContent takes the bytes of a file. The URL is the proof of the right to do so; a token is neither needed nor
// looked at.
func (s *server) receiveContent(w http.ResponseWriter, r *http.Request) {
	err := s.emulator.service.ReceiveContent(r.Context(), r.PathValue("file"), r.PathValue("signature"), r.Body)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// sendContent sends the bytes of a file.
func (s *server) sendContent(w http.ResponseWriter, r *http.Request) {
	content, mimeType, err := s.emulator.service.OpenContent(r.Context(), r.PathValue("file"), r.PathValue("signature"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer func() { _ = content.Close() }() // only read from
	if mimeType == "" {
		mimeType = "application/octet-stream"
	}
	w.Header().Set("Content-Type", mimeType)
	// Never guess: a page in a browser must not run what somebody uploaded.
	w.Header().Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", time.Time{}, content)
}
