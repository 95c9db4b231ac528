package service

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/signature"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// ContentPath is where files' bytes go and come from: outside the described API, as with the real service, whose URLs
// lead to a cloud's storage. The two wildcards are the file's id and the signature.
const ContentPath = "/storage/files/{file}/{signature}"

const (
	uploadPurpose    = "upload"
	downloadPurpose  = "download"
	uploadLifetime   = 7 * 24 * time.Hour
	downloadLifetime = 30 * time.Second
	extendedLifetime = time.Hour
)

type baseURLKey struct{}

// WithBaseURL notes under which address the caller knows the emulator; the URLs of files begin with it.
func WithBaseURL(ctx context.Context, url string) context.Context {
	return context.WithValue(ctx, baseURLKey{}, url)
}

func (s *Service) uploadURL(ctx context.Context, fileID int64) string {
	return s.contentURL(ctx, uploadPurpose, fileID, uploadLifetime)
}

func (s *Service) downloadURL(ctx context.Context, file *store.File, extended bool) string {
	if extended {
		return s.contentURL(ctx, downloadPurpose, file.ID, extendedLifetime)
	}
	return s.contentURL(ctx, downloadPurpose, file.ID, downloadLifetime)
}

func (s *Service) contentURL(ctx context.Context, purpose string, fileID int64, lifetime time.Duration) string {
	base, _ := ctx.Value(baseURLKey{}).(string)
	id := strconv.FormatInt(fileID, 10)
	return base + strings.NewReplacer("{file}", id, "{signature}", s.signer.Sign(purpose, id, s.Now().Add(lifetime))).Replace(ContentPath)
}

// ReceiveContent takes a file's bytes in. Only the signature counts: no token is needed, and one that is sent is
// ignored, although the real storage refuses some requests that bring one.
func (s *Service) ReceiveContent(ctx context.Context, fileID, signed string, content io.Reader) error {
	id, err := s.verify(uploadPurpose, fileID, signed)
	if err != nil {
		return err
	}
	upload, err := s.Store.Receive(content, s.Limits.FileBytes)
	switch {
	case errors.Is(err, store.ErrTooLarge):
		return envelope.New(http.StatusRequestEntityTooLarge, "the content is larger than the limit of %d bytes", s.Limits.FileBytes)
	case errors.Is(err, store.ErrIncomplete):
		return envelope.BadRequest("the upload broke off: send the content again")
	case err != nil:
		return err
	}
	old := ""
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		file, err := tx.Files().Get(id)
		switch {
		case err != nil:
			return err
		case file == nil:
			return envelope.New(http.StatusNotFound, "the file %d was deleted: register it again", id)
		}
		if err := upload.Commit(); err != nil {
			return err
		}
		old, file.Blob = file.Blob, upload.Name
		file.UploadedTime = s.nowMillis()
		file.LastUpdatedTime = file.UploadedTime
		return tx.Files().Put(file)
	})
	if err = errors.Join(err, upload.Discard()); err != nil {
		return err
	}
	return s.Store.Sweep(old)
}

// OpenContent opens a file's bytes for reading; the caller closes it. It returns the media type as well.
func (s *Service) OpenContent(ctx context.Context, fileID, signed string) (content *os.File, mimeType string, err error) {
	id, err := s.verify(downloadPurpose, fileID, signed)
	if err != nil {
		return nil, "", err
	}
	err = s.Store.View(ctx, func(tx *store.Tx) error {
		file, err := tx.Files().Get(id)
		switch {
		case err != nil:
			return err
		case file == nil || file.Blob == "":
			return envelope.New(http.StatusNotFound, "the file %d is gone", id)
		}
		mimeType = value(file.Write.MimeType)
		content, err = s.Store.OpenBlob(file.Blob)
		return err
	})
	return content, mimeType, err
}

// verify returns the file that a signed URL is for.
func (s *Service) verify(purpose, fileID, signed string) (int64, error) {
	subject, err := s.signer.Verify(purpose, signed, s.Now())
	switch {
	case errors.Is(err, signature.ErrExpired):
		return 0, envelope.New(http.StatusForbidden, "the URL has expired: ask for a new one")
	case err != nil || subject != fileID:
		return 0, envelope.New(http.StatusForbidden, "the URL is not valid: use it exactly as the API gave it")
	}
	return strconv.ParseInt(fileID, 10, 64)
}
