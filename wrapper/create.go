package functions

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/cogfn/cogfn/gen"
)

// defaultPath is the function path that the service uses by default.
const defaultPath = "handler.py"

// CreateOption changes how [Client.Create] creates a function.
type CreateOption func(*createOptions)

type createOptions struct {
	skipValidation bool
	file           FileWrite
}

// WithoutValidation disables the checks of the code and of the fields, such as the arguments of the handler and the length
// of names. Masked secrets and masked index URLs are still rejected. Use it if the service allows more than its reference
// states.
func WithoutValidation() CreateOption {
	return func(o *createOptions) { o.skipValidation = true }
}

// WithFileDataSet assigns the uploaded code file to a data set, for identities that may write files of that data set only.
func WithFileDataSet(id int64) CreateOption {
	return func(o *createOptions) { o.file.DataSetID = &id }
}

// WithFileExternalID sets the external id of the uploaded code file. It overwrites an existing file with that external id,
// which may contain the code of another function. By default every upload creates a new file.
func WithFileExternalID(externalID string) CreateOption {
	return func(o *createOptions) { o.file.ExternalID = &externalID }
}

// Create uploads the code, creates a function and returns it with the status Queued. See [Client.WaitReady]. Create does not
// change w.
//
//   - An [*ArgumentError] names a field that breaks a rule, before a request is sent.
//   - A [*SourceError] names the place in the code that breaks a rule, before a request is sent.
//   - When the service rejects the function, Create deletes the uploaded code file, except with [WithFileExternalID]. When
//     the response was lost, the file remains, because the function may exist.
//
// Capability: functionsAcl:WRITE. Uploading needs filesAcl:WRITE and filesAcl:READ, except with [FileID].
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/postFunctions
func (c *Client) Create(ctx context.Context, w FunctionWrite, source Source, opts ...CreateOption) (_ *Function, err error) {
	defer explain(&err, "create the function %q", w.Name)
	o, err := createSettings(w, opts)
	if err != nil {
		return nil, err
	}
	fileID, uploaded, err := c.codeFile(ctx, w, source, o)
	if err != nil {
		return nil, err
	}
	w.FileID = fileID
	got, err := received(c.api.PostFunctions(ctx, gen.FunctionCreateRequest{Items: []gen.FunctionWrite{gen.FunctionWrite(w)}}))
	if err == nil && len(got.Items) != 1 {
		err = &RequestError{Operation: gen.PostFunctionsOperation.ID, Attempts: 1, Err: errors.New("the response has no function")}
	}
	if err == nil {
		return c.bind(got.Items)[0], nil
	}
	if api, ok := errors.AsType[*APIError](err); uploaded && ok && api.StatusCode < http.StatusInternalServerError {
		return nil, c.Files.withdraw(ctx, ID(fileID), o.file.ExternalID != nil, err)
	}
	return nil, err // the response was lost, so the function may exist and need its file
}

// createSettings applies opts and checks the fields of w.
func createSettings(w FunctionWrite, opts []CreateOption) (o createOptions, err error) {
	for _, opt := range opts {
		opt(&o)
	}
	if o.skipValidation {
		return o, join(checkMasked(w), checkIndexes(w))
	}
	return o, checkFunction(w)
}

// codeFile returns the id of the code file, and whether it was uploaded for this function.
func (c *Client) codeFile(ctx context.Context, w FunctionWrite, source Source, o createOptions) (id int64, uploaded bool, err error) {
	if id, ok := source.fileID(); ok {
		if w.FileID != 0 && w.FileID != id {
			return 0, false, &ArgumentError{Field: "FileID", Rule: "differs from the file id of the source; leave it 0"}
		}
		return id, false, nil
	}
	if w.FileID != 0 {
		return 0, false, &ArgumentError{Field: "FileID", Rule: "is set, but the source is not a file id; use one of the two"}
	}
	path := defaultPath
	if w.FunctionPath != nil {
		path = *w.FunctionPath
	}
	archive, err := source.pack(path, o.skipValidation)
	if err != nil {
		return 0, false, err
	}
	o.file.Name = strings.ReplaceAll(w.Name, "/", "-") + ".zip" // file names must not contain slashes
	o.file.MimeType = new("application/zip")
	var upload []UploadOption
	if o.file.ExternalID != nil {
		upload = append(upload, WithOverwrite())
	}
	file, err := c.Files.Upload(ctx, o.file, archive.Bytes, upload...)
	if err != nil {
		return 0, false, err
	}
	return file.ID, true, nil
}
