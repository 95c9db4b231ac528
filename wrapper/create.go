package functions

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/cogfn/cogfn/gen"
)

// defaultPath is where the service looks for the handler when nothing else is said.
const defaultPath = "handler.py"

// CreateOption changes how a function is created.
type CreateOption func(*createOptions)

type createOptions struct {
	skipValidation bool
	file           FileWrite
}

// WithoutValidation leaves it to the service to check the code and the fields: whether the handler exists and its arguments
// are allowed, how long names and how many secrets may be. Masked secrets and hidden index addresses are refused all the same. Use it where the
// service allows more than its reference says.
func WithoutValidation() CreateOption {
	return func(o *createOptions) { o.skipValidation = true }
}

// WithFileDataSet puts the code file into a data set, for identities that may write files of that data set alone.
func WithFileDataSet(id int64) CreateOption {
	return func(o *createOptions) { o.file.DataSetID = &id }
}

// WithFileExternalID gives the code file an external id and overwrites a file that has it already. Mind that the code of
// another function may be in that file. Without this option every upload is a file of its own.
func WithFileExternalID(externalID string) CreateOption {
	return func(o *createOptions) { o.file.ExternalID = &externalID }
}

// Create creates a function from code in a folder, in a text or in an uploaded file, and returns it with status Queued;
// see WaitReady. The code and the fields are checked before anything is sent: an *ArgumentError names the field that
// breaks a rule, a *SourceError the place in the code. When the service refuses the function, its code file is deleted
// again. w is not changed.
func (c *Client) Create(ctx context.Context, w FunctionWrite, source Source, opts ...CreateOption) (*Function, error) {
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
		err = &RequestError{Operation: gen.PostFunctionsOperation.ID, Attempts: 1, Err: errors.New("the answer holds no function")}
	}
	if err == nil {
		return c.bind(got.Items)[0], nil
	}
	if api, ok := errors.AsType[*APIError](err); uploaded && ok && api.StatusCode < http.StatusInternalServerError {
		return nil, c.Files.withdraw(ctx, ID(fileID), o.file.ExternalID != nil, err)
	}
	return nil, err // the answer was lost, if only behind a proxy, so the function may exist and need its file
}

// createSettings resolves opts, and holds the fields of w against the rules as they have it.
func createSettings(w FunctionWrite, opts []CreateOption) (o createOptions, err error) {
	for _, opt := range opts {
		opt(&o)
	}
	if o.skipValidation {
		return o, join(checkMasked(w), checkIndexes(w))
	}
	return o, checkFunction(w)
}

// codeFile returns the id of the file with the code, and whether it was uploaded for this function.
func (c *Client) codeFile(ctx context.Context, w FunctionWrite, source Source, o createOptions) (id int64, uploaded bool, err error) {
	if id, ok := source.fileID(); ok {
		if w.FileID != 0 && w.FileID != id {
			return 0, false, &ArgumentError{Field: "FileID", Rule: "differs from the source's file id; leave it 0"}
		}
		return id, false, nil
	}
	if w.FileID != 0 {
		return 0, false, &ArgumentError{Field: "FileID", Rule: "is set although the source is not a file id; give one of the two"}
	}
	path := defaultPath
	if w.FunctionPath != nil {
		path = *w.FunctionPath
	}
	archive, err := source.pack(path, o.skipValidation)
	if err != nil {
		return 0, false, err
	}
	o.file.Name = strings.ReplaceAll(w.Name, "/", "-") + ".zip" // a file's name must not hold slashes
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

// maskedSecrets are the keys whose values are the three stars that the service shows instead of a secret.
func maskedSecrets(secrets map[string]string) []string {
	keys := slices.Sorted(maps.Keys(secrets))
	return slices.DeleteFunc(keys, func(k string) bool { return secrets[k] != redacted })
}
