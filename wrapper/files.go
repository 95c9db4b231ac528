package functions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// uploadWait is how long Upload waits for the service to notice that the bytes have arrived.
const uploadWait = 2 * time.Minute

// FilesService uploads and reads the zip files that hold functions' code; it is Client.Files. It is no client for the
// whole Files API.
type FilesService struct{ client *Client }

// FileWrite is a file to upload.
type FileWrite = gen.FileWrite

// File is a file as the service shows it. Its JSON is that of the API. Times are milliseconds since epoch.
type File struct{ gen.FileMetadata }

// Created is when the file was registered.
func (f *File) Created() time.Time { return milliseconds(&f.CreatedTime) }

// LastUpdated is when the file was last changed.
func (f *File) LastUpdated() time.Time { return milliseconds(&f.LastUpdatedTime) }

// UploadedAt is when the bytes arrived; the zero time until then.
func (f *File) UploadedAt() time.Time { return milliseconds(f.UploadedTime) }

// SourceCreated is when the file was created at its source; the zero time if nobody said.
func (f *File) SourceCreated() time.Time { return milliseconds(f.SourceCreatedTime) }

// SourceModified is when the file was last changed at its source; the zero time if nobody said.
func (f *File) SourceModified() time.Time { return milliseconds(f.SourceModifiedTime) }

// UploadOption changes how a file is uploaded.
type UploadOption func(*gen.InitFileUploadParams)

// WithOverwrite replaces a file that has the same external id, keeping its id, instead of failing with ErrDuplicated.
func WithOverwrite() UploadOption {
	return func(p *gen.InitFileUploadParams) { p.Overwrite = new(true) }
}

// Upload registers a file, sends its bytes, and waits until the service has noticed them, two minutes at most. The bytes
// go to a signed address without the client's token. When they cannot be sent, the registered file is deleted again.
func (s *FilesService) Upload(ctx context.Context, file FileWrite, content []byte, opts ...UploadOption) (*File, error) {
	var params gen.InitFileUploadParams
	for _, opt := range opts {
		opt(&params)
	}
	registered, err := received(s.client.api.InitFileUpload(ctx, &params, file))
	if err != nil {
		return nil, err
	}
	uploaded, err := s.send(ctx, registered, content)
	if err != nil {
		return nil, s.withdraw(ctx, ID(registered.ID), params.Overwrite != nil, err)
	}
	return uploaded, nil
}

func (s *FilesService) send(ctx context.Context, file *gen.FileUpload, content []byte) (*File, error) {
	req, err := s.request(gen.WithOperation(ctx, uploadOperation), http.MethodPut, file.UploadURL, content)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	if file.MimeType != nil {
		req.Header.Set("Content-Type", *file.MimeType) // part of what the address's signature covers
	}
	resp, err := s.client.transfer.Do(req)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	return s.uploaded(ctx, ID(file.ID))
}

func (s *FilesService) uploaded(ctx context.Context, id Identifier) (*File, error) {
	file, err := s.Retrieve(ctx, id)
	if err != nil || file.Uploaded {
		return file, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, uploadWait, fmt.Errorf("the service has not noticed the bytes within %v", uploadWait))
	defer cancel()
	err = s.client.until(ctx, "the upload of the file with "+id.String(), func() (bool, error) {
		file, err = s.Retrieve(ctx, id)
		return err == nil && file.Uploaded, err
	})
	if err != nil {
		return nil, err
	}
	return file, nil
}

// withdraw deletes a file that serves nobody, unless it replaced another one, and returns the error that made it so.
func (s *FilesService) withdraw(ctx context.Context, id Identifier, overwritten bool, cause error) error {
	if overwritten {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.Delete(ctx, id); err != nil {
		why := strings.TrimPrefix(err.Error(), "functions: ") // as text, since only the cause should match with errors.Is
		return join(cause, fmt.Errorf("the uploaded file with %v is left behind; delete it: %s", id, why))
	}
	return cause
}

// Retrieve returns one file. An unknown one is an error that matches ErrNotFound.
func (s *FilesService) Retrieve(ctx context.Context, id Identifier) (*File, error) {
	var ref gen.FileReference
	if err := id.nameFile(&ref); err != nil {
		return nil, err
	}
	got, err := received(s.client.api.ByIDsFiles(ctx, gen.FileByIDsRequest{Items: []gen.FileReference{ref}}))
	if err != nil {
		return nil, err
	}
	if len(got.Items) != 1 {
		return nil, &RequestError{Operation: gen.ByIDsFilesOperation.ID, Attempts: 1, Err: ErrNotFound}
	}
	return &File{got.Items[0]}, nil
}

// Delete deletes one file. An unknown one is an error that matches ErrNotFound.
func (s *FilesService) Delete(ctx context.Context, id Identifier) error {
	var ref gen.FileDeleteReference
	if err := id.nameFile(&ref); err != nil {
		return err
	}
	_, err := received(s.client.api.DeleteFiles(ctx, gen.FileDeleteRequest{Items: []gen.FileDeleteReference{ref}}))
	return err
}

// Download returns the bytes of a file, which must fit into WithMaxResponseBytes.
func (s *FilesService) Download(ctx context.Context, id Identifier) ([]byte, error) {
	var ref gen.FileReference
	if err := id.nameFile(&ref); err != nil {
		return nil, err
	}
	body := gen.FileDownloadLinkRequest{Items: []gen.FileReference{ref}}
	links, err := received(s.client.api.DownloadLinks(ctx, nil, body))
	if err != nil {
		return nil, err
	}
	if len(links.Items) != 1 {
		return nil, &RequestError{Operation: gen.DownloadLinksOperation.ID, Attempts: 1, Err: errors.New("the answer holds no link")}
	}
	req, err := s.request(gen.WithOperation(ctx, downloadOperation), http.MethodGet, links.Items[0].DownloadURL, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.transfer.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	return io.ReadAll(resp.Body)
}

// request makes a request to a signed address, which may be relative to the service's.
func (s *FilesService) request(ctx context.Context, method, address string, content []byte) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("functions: the service gave an address for the file that cannot be read") // it may hold a key
	}
	u = s.client.base.ResolveReference(u)
	if err := requireSecure(u, "address for the file"); err != nil {
		return nil, fmt.Errorf("functions: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(content))
	return req, withoutURL(err)
}

// fileUnion is a generated reference to a file.
type fileUnion interface {
	FromFileIDReference(gen.FileIDReference) error
	FromFileExternalIDReference(gen.FileExternalIDReference) error
}

// nameFile writes the identifier into a reference.
func (i Identifier) nameFile(ref fileUnion) error {
	if err := i.check(); err != nil {
		return err
	}
	if i.externalID != "" {
		return ref.FromFileExternalIDReference(gen.FileExternalIDReference{ExternalID: i.externalID})
	}
	return ref.FromFileIDReference(gen.FileIDReference{ID: i.id})
}
