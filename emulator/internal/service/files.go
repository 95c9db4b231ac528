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
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// InitFileUpload registers a file, or replaces the one with the same external id if it may, and answers with the URL for
// its bytes. A file that is being replaced shows uploaded false until the new bytes are there, which is a guess; its old
// content can be downloaded until then.
func (s *Service) InitFileUpload(ctx context.Context, request server.InitFileUploadRequestObject) (server.InitFileUploadResponseObject, error) {
	write := *request.Body
	if write.Name == "" || strings.Contains(write.Name, "/") {
		return nil, envelope.BadRequest("the file name %q is not valid: it needs at least one character and no slash", write.Name)
	}
	if write.ExternalID != nil && *write.ExternalID == "" {
		write.ExternalID = nil
	}
	now := s.nowMillis()
	file := &store.File{Write: write, CreatedTime: now, LastUpdatedTime: now}
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		other, err := theFiles.find(tx.Files(), reference{ExternalID: write.ExternalID})
		switch {
		case err != nil:
			return err
		case other == nil:
			file.ID = newID(tx.Files().Has)
		case value(request.Params.Overwrite):
			file.ID, file.CreatedTime, file.Blob = other.ID, other.CreatedTime, other.Blob
		default:
			problem := envelope.New(http.StatusConflict, "a file with the externalId %q exists already: use overwrite=true to replace it", *write.ExternalID)
			problem.Duplicated = []map[string]any{{theFiles.externalIDKey: *write.ExternalID}}
			return problem
		}
		return tx.Files().Put(file)
	})
	if err != nil {
		return nil, err
	}
	answer := server.InitFileUpload201JSONResponse(viewUpload(file))
	answer.UploadURL = s.uploadURL(ctx, file.ID)
	return answer, nil
}

// ByIDsFiles retrieves files in the order asked for.
func (s *Service) ByIDsFiles(ctx context.Context, request server.ByIDsFilesRequestObject) (server.ByIDsFilesResponseObject, error) {
	list := server.ByIDsFiles200JSONResponse{Items: []gen.FileMetadata{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		wanted, err := references(request.Body.Items)
		if err != nil {
			return err
		}
		found, err := theFiles.resolve(tx.Files(), wanted, value(request.Body.IgnoreUnknownIDs))
		for _, file := range found {
			list.Items = append(list.Items, viewFile(file))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// DeleteFiles deletes files. Functions that were created from them keep their code.
func (s *Service) DeleteFiles(ctx context.Context, request server.DeleteFilesRequestObject) (server.DeleteFilesResponseObject, error) {
	var blobs []string
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		wanted, err := references(request.Body.Items)
		if err != nil {
			return err
		}
		found, err := theFiles.resolve(tx.Files(), wanted, value(request.Body.IgnoreUnknownIDs))
		if err != nil {
			return err
		}
		for _, file := range found {
			if err := tx.Files().Delete(file.ID); err != nil {
				return err
			}
			blobs = append(blobs, file.Blob)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return server.DeleteFiles200JSONResponse{}, s.Store.Sweep(blobs...)
}

// GetFileByInternalID retrieves one file.
func (s *Service) GetFileByInternalID(ctx context.Context, request server.GetFileByInternalIDRequestObject) (server.GetFileByInternalIDResponseObject, error) {
	var answer server.GetFileByInternalID200JSONResponse
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		file, err := tx.Files().Get(request.ID)
		switch {
		case err != nil:
			return err
		case file == nil:
			return missingID("file", request.ID)
		}
		answer = server.GetFileByInternalID200JSONResponse(viewFile(file))
		return nil
	})
	return answer, err
}

// DownloadLinks answers with a link to each file's content.
func (s *Service) DownloadLinks(ctx context.Context, request server.DownloadLinksRequestObject) (server.DownloadLinksResponseObject, error) {
	answer := server.DownloadLinks200JSONResponse{Items: []gen.FileDownloadLink{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		wanted, err := references(request.Body.Items)
		if err != nil {
			return err
		}
		found, err := theFiles.resolve(tx.Files(), wanted, false)
		if err != nil {
			return err
		}
		for i, file := range found {
			if file.Blob == "" {
				return envelope.BadRequest("the file %d is not uploaded yet: there is nothing to download", file.ID)
			}
			link := gen.FileDownloadLink{DownloadURL: s.downloadURL(ctx, file, value(request.Params.ExtendedExpiration))}
			if link.ExternalID = wanted[i].ExternalID; link.ExternalID == nil {
				link.ID = &file.ID
			}
			answer.Items = append(answer.Items, link)
		}
		return nil
	})
	return answer, err
}

// theFiles is how files are named.
var theFiles = named[store.File]{"file", "externalId", func(f *store.File) *string { return f.Write.ExternalID }}

// viewFile shows a file as answers do.
func viewFile(file *store.File) gen.FileMetadata {
	view := gen.FileMetadata{
		ID: file.ID, Uploaded: file.UploadedTime != 0, UploadedTime: millis(file.UploadedTime),
		CreatedTime: file.CreatedTime, LastUpdatedTime: file.LastUpdatedTime,
	}
	showFile.fill(&view, &file.Write)
	return view
}

// viewUpload shows a file as its registration does, without the URL.
func viewUpload(file *store.File) gen.FileUpload {
	metadata := viewFile(file)
	var view gen.FileUpload
	showFileUpload.fill(&view, &metadata)
	return view
}

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
