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

// InitFileUpload registers a file and returns its upload URL. With overwrite, it replaces the file with the same external
// id. It is a guess that a replaced file has uploaded false until the new content is uploaded. Until then, its old
// content can be downloaded.
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
		other, err := fileResource.find(tx.Files(), reference{ExternalID: write.ExternalID})
		switch {
		case err != nil:
			return err
		case other == nil:
			file.ID = newID(tx.Files().Has)
		case valueOrZero(request.Params.Overwrite):
			file.ID, file.CreatedTime, file.Blob = other.ID, other.CreatedTime, other.Blob
		default:
			problem := envelope.New(http.StatusConflict, "a file with the externalId %q exists already: use overwrite=true to replace it", *write.ExternalID)
			problem.Duplicated = []map[string]any{{fileResource.externalIDKey: *write.ExternalID}}
			return problem
		}
		return tx.Files().Put(file)
	})
	if err != nil {
		return nil, err
	}
	response := server.InitFileUpload201JSONResponse(viewUpload(file))
	response.UploadURL = s.uploadURL(ctx, file.ID)
	return response, nil
}

// ByIDsFiles returns files in the order of the request.
func (s *Service) ByIDsFiles(ctx context.Context, request server.ByIDsFilesRequestObject) (server.ByIDsFilesResponseObject, error) {
	list := server.ByIDsFiles200JSONResponse{Items: []gen.FileMetadata{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		found, err := byReferences(fileResource, tx.Files(), request.Body.Items, valueOrZero(request.Body.IgnoreUnknownIDs))
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

// DeleteFiles deletes files. Functions that were created from these files keep their code.
func (s *Service) DeleteFiles(ctx context.Context, request server.DeleteFilesRequestObject) (server.DeleteFilesResponseObject, error) {
	var blobs []string
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		found, err := byReferences(fileResource, tx.Files(), request.Body.Items, valueOrZero(request.Body.IgnoreUnknownIDs))
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

// GetFileByInternalID returns one file.
func (s *Service) GetFileByInternalID(ctx context.Context, request server.GetFileByInternalIDRequestObject) (server.GetFileByInternalIDResponseObject, error) {
	var response server.GetFileByInternalID200JSONResponse
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		file, err := byID(tx.Files(), "file", request.ID)
		if err == nil {
			response = server.GetFileByInternalID200JSONResponse(viewFile(file))
		}
		return err
	})
	return response, err
}

// DownloadLinks returns the download URLs of files.
func (s *Service) DownloadLinks(ctx context.Context, request server.DownloadLinksRequestObject) (server.DownloadLinksResponseObject, error) {
	response := server.DownloadLinks200JSONResponse{Items: []gen.FileDownloadLink{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		wanted, err := references(request.Body.Items)
		if err != nil {
			return err
		}
		found, err := fileResource.resolve(tx.Files(), wanted, false)
		if err != nil {
			return err
		}
		for i, file := range found {
			if file.Blob == "" {
				return envelope.BadRequest("the file %d is not uploaded yet: there is nothing to download", file.ID)
			}
			link := gen.FileDownloadLink{DownloadURL: s.downloadURL(ctx, file, valueOrZero(request.Params.ExtendedExpiration))}
			if link.ExternalID = wanted[i].ExternalID; link.ExternalID == nil {
				link.ID = &file.ID
			}
			response.Items = append(response.Items, link)
		}
		return nil
	})
	return response, err
}

// viewFile returns a file for a response.
func viewFile(file *store.File) gen.FileMetadata {
	view := gen.FileMetadata{
		ID: file.ID, Uploaded: file.UploadedTime != 0, UploadedTime: optional(file.UploadedTime),
		CreatedTime: file.CreatedTime, LastUpdatedTime: file.LastUpdatedTime,
	}
	fileCopier.copy(&view, &file.Write)
	return view
}

// viewUpload returns a file for the response of InitFileUpload, without the URL.
func viewUpload(file *store.File) gen.FileUpload {
	metadata := viewFile(file)
	var view gen.FileUpload
	fileUploadCopier.copy(&view, &metadata)
	return view
}

// ContentPath is the path of uploads and downloads. It is not part of the described API: the URLs of the real service
// refer to a cloud storage. Its wildcards are the id of the file and the signature.
const ContentPath = "/storage/files/{file}/{signature}"

const (
	uploadPurpose    = "upload"
	downloadPurpose  = "download"
	uploadLifetime   = 7 * 24 * time.Hour
	downloadLifetime = 30 * time.Second
	extendedLifetime = time.Hour
)

type baseURLKey struct{}

// WithBaseURL returns a context with the base URL of a request. Upload and download URLs start with it.
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

// ReceiveContent stores the uploaded content of a file. It checks only the signature and ignores a token. The real storage
// rejects some requests with a token.
func (s *Service) ReceiveContent(ctx context.Context, fileID, signed string, content io.Reader) error {
	id, err := s.verify(uploadPurpose, fileID, signed)
	if err != nil {
		return err
	}
	upload, err := s.Store.Receive(content, s.profile().Limits.FileBytes)
	switch {
	case errors.Is(err, store.ErrTooLarge):
		return envelope.New(http.StatusRequestEntityTooLarge, "the content is larger than the limit of %d bytes", s.profile().Limits.FileBytes)
	case errors.Is(err, store.ErrIncomplete):
		return envelope.BadRequest("the upload is incomplete: send the content again")
	case err != nil:
		return err
	}
	defer s.Enter()() // only now, because a sender may be slow
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

// OpenContent opens the content of a file and returns its media type. The caller must close content.
func (s *Service) OpenContent(ctx context.Context, fileID, signed string) (content *os.File, mimeType string, err error) {
	id, err := s.verify(downloadPurpose, fileID, signed)
	if err != nil {
		return nil, "", err
	}
	defer s.Enter()()
	err = s.Store.View(ctx, func(tx *store.Tx) error {
		file, err := tx.Files().Get(id)
		switch {
		case err != nil:
			return err
		case file == nil || file.Blob == "":
			return envelope.New(http.StatusNotFound, "the file %d was deleted or has no content", id)
		}
		mimeType = valueOrZero(file.Write.MimeType)
		content, err = s.Store.OpenBlob(file.Blob)
		return err
	})
	return content, mimeType, err
}

// verify checks the signature of a URL and returns the id of its file.
func (s *Service) verify(purpose, fileID, signed string) (int64, error) {
	subject, err := s.signer.Verify(purpose, signed, s.Now())
	switch {
	case errors.Is(err, signature.ErrExpired):
		return 0, envelope.New(http.StatusForbidden, "the URL has expired: ask for a new one")
	case err != nil || subject != fileID:
		return 0, envelope.New(http.StatusForbidden, "the URL is not valid: use the unchanged URL from the API")
	}
	return strconv.ParseInt(fileID, 10, 64)
}
