package functions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// uploadWait is how long Upload waits until the service has received the content.
const uploadWait = 2 * time.Minute

// FilesService uploads and retrieves the zip files that contain the code of functions. It is the field Files of a [Client].
// It is not a client for the complete Files API.
type FilesService struct{ client *Client }

// FileWrite describes a file to upload.
type FileWrite = gen.FileWrite

// Label refers to a label of a file by its external id.
type Label = gen.Label

// InstanceID identifies the data model instance of a file.
type InstanceID = gen.InstanceID

// GeoLocation is the location of a file, a GeoJSON feature.
type GeoLocation = gen.GeoLocation

// Geometry is the geometry of a [GeoLocation].
type Geometry = gen.GeoLocationGeometry

// GeoLocationType is the type of a GeoLocation.
type GeoLocationType = gen.GeoLocationType

// GeoLocationFeature is the only value of GeoLocationType.
const GeoLocationFeature = gen.GeoLocationTypeFeature

// GeometryType is the type of a Geometry.
type GeometryType = gen.GeoLocationGeometryType

// The known values of GeometryType.
const (
	GeometryLineString      = gen.GeoLocationGeometryTypeLineString
	GeometryMultiLineString = gen.GeoLocationGeometryTypeMultiLineString
	GeometryMultiPoint      = gen.GeoLocationGeometryTypeMultiPoint
	GeometryMultiPolygon    = gen.GeoLocationGeometryTypeMultiPolygon
	GeometryPoint           = gen.GeoLocationGeometryTypePoint
	GeometryPolygon         = gen.GeoLocationGeometryTypePolygon
)

// File is a file. Its JSON is that of the API. Times are in milliseconds since epoch.
type File struct{ gen.FileMetadata }

// Created returns the time at which the file was registered.
func (f *File) Created() time.Time { return milliseconds(&f.CreatedTime) }

// LastUpdated returns the time of the latest change.
func (f *File) LastUpdated() time.Time { return milliseconds(&f.LastUpdatedTime) }

// UploadedAt returns the time at which the service received the content, or the zero time before that.
func (f *File) UploadedAt() time.Time { return milliseconds(f.UploadedTime) }

// SourceCreated returns the time at which the source of the file was created, or the zero time if it is not set.
func (f *File) SourceCreated() time.Time { return milliseconds(f.SourceCreatedTime) }

// SourceModified returns the time at which the source of the file was changed, or the zero time if it is not set.
func (f *File) SourceModified() time.Time { return milliseconds(f.SourceModifiedTime) }

// String returns one line for people: id, name and whether the content was received.
func (f File) String() string {
	state := "not uploaded"
	if f.Uploaded {
		state = "uploaded"
	}
	return fmt.Sprintf("file %d %q: %s", f.ID, f.Name, state)
}

// LogValue returns the same line as String, for package slog.
func (f File) LogValue() slog.Value { return slog.StringValue(f.String()) }

// UploadOption changes how a file is uploaded.
type UploadOption func(*uploadOptions)

type uploadOptions struct{ overwrite bool }

// WithOverwrite replaces a file with the same external id and keeps its id. Without it, Upload fails with [ErrDuplicated].
func WithOverwrite() UploadOption { return func(o *uploadOptions) { o.overwrite = true } }

// Upload registers a file, sends its content, and waits at most two minutes until the service has received it. The content
// is sent to a signed URL without the client's token. After a failure, Upload deletes the registered file, except with
// [WithOverwrite].
//
// Capability: filesAcl:WRITE. Waiting needs filesAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Files/operation/initFileUpload
func (s *FilesService) Upload(ctx context.Context, file FileWrite, content []byte, opts ...UploadOption) (_ *File, err error) {
	defer explain(&err, "upload the file %q", file.Name)
	var o uploadOptions
	for _, opt := range opts {
		opt(&o)
	}
	params := &gen.InitFileUploadParams{}
	if o.overwrite {
		params.Overwrite = &o.overwrite
	}
	registered, err := received(s.client.api.InitFileUpload(ctx, params, file))
	if err != nil {
		return nil, err
	}
	uploaded, err := s.send(ctx, registered, content)
	if err != nil {
		return nil, s.withdraw(ctx, ID(registered.ID), o.overwrite, err)
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
		req.Header.Set("Content-Type", *file.MimeType) // the signature of the URL covers it
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
	ctx, cancel := context.WithTimeoutCause(ctx, uploadWait, fmt.Errorf("the service has not received the content within %v", uploadWait))
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

// withdraw deletes a file that is not used because of cause, unless it replaced another file. It returns cause.
func (s *FilesService) withdraw(ctx context.Context, id Identifier, overwritten bool, cause error) error {
	if overwritten {
		return cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := s.Delete(ctx, []Identifier{id}, IgnoreUnknown()); err != nil {
		// The second error is formatted with %s, so that only cause matches with errors.Is.
		return join(cause, fmt.Errorf("the uploaded file with %v remains; delete it: %s", id, withoutPrefix(err)))
	}
	return cause
}

// Retrieve returns one file. An unknown file is an error that matches [ErrNotFound].
//
// Capability: filesAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Files/operation/byIdsFiles
func (s *FilesService) Retrieve(ctx context.Context, id Identifier) (_ *File, err error) {
	defer explain(&err, "retrieve the file with %v", id)
	var ref gen.FileReference
	if err := id.nameFile(&ref); err != nil {
		return nil, err
	}
	got, err := received(s.client.api.ByIDsFiles(ctx, gen.FileByIDsRequest{Items: []gen.FileReference{ref}}))
	if err != nil {
		return nil, err
	}
	if len(got.Items) != 1 {
		return nil, &NotFoundError{Resource: fmt.Sprintf("file with %v", id)}
	}
	return &File{got.Items[0]}, nil
}

// Delete deletes files. It sends one request for each 1,000 files. An unknown file is an error that matches [ErrNotFound],
// unless [IgnoreUnknown] is given. Files that earlier requests deleted stay deleted when a later request fails.
//
// Capability: filesAcl:WRITE.
// Reference: https://api-docs.cognite.com/20230101/tag/Files/operation/deleteFiles
func (s *FilesService) Delete(ctx context.Context, ids []Identifier, opts ...IDsOption) (err error) {
	defer explain(&err, "delete %s", listed("file", ids))
	refs := make([]gen.FileDeleteReference, len(ids))
	for i, id := range ids {
		if err := id.nameFile(&refs[i]); err != nil {
			return err
		}
	}
	o := idsSettings(opts)
	for chunk := range slices.Chunk(refs, gen.FileDeleteReferencesMaxItems) {
		body := gen.FileDeleteRequest{Items: chunk}
		if o.ignoreUnknown {
			body.IgnoreUnknownIDs = &o.ignoreUnknown
		}
		if _, err := received(s.client.api.DeleteFiles(ctx, body)); err != nil {
			return err
		}
	}
	return nil
}

// Download returns the content of a file. [WithMaxResponseBytes] limits its size.
//
// Capability: filesAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Files/operation/downloadLinks
func (s *FilesService) Download(ctx context.Context, id Identifier) (_ []byte, err error) {
	defer explain(&err, "download the file with %v", id)
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
		return nil, &RequestError{Operation: gen.DownloadLinksOperation.ID, Attempts: 1, Err: errors.New("the response has no link")}
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

// request makes a request to a signed URL, which may be relative to the base URL of the service.
func (s *FilesService) request(ctx context.Context, method, address string, content []byte) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("functions: the service returned an invalid URL for the file") // err may contain a signature
	}
	u = s.client.base.ResolveReference(u)
	if err := requireSecure(u, "URL for the file"); err != nil {
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

// nameFile sets a reference to the identifier.
func (i Identifier) nameFile(ref fileUnion) error {
	if err := i.check(); err != nil {
		return err
	}
	if i.externalID != "" {
		return ref.FromFileExternalIDReference(gen.FileExternalIDReference{ExternalID: i.externalID})
	}
	return ref.FromFileIDReference(gen.FileIDReference{ID: i.id})
}
