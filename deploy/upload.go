package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// upload sees to it that the code is in a file. The file's external id holds the hash of the content, so that the same
// code is uploaded once, and that a file whose registration was not answered can be found.
func (r *run) upload(ctx context.Context, o *order) error {
	hash := o.code.ContentSHA256[:hashDigits]
	externalID := shortened(r.externalID, functions.ExternalIDMaxLength-1-len(hash)) + "-" + hash
	id := functions.ExternalID(externalID)
	found, err := r.client.Files.Retrieve(ctx, id)
	switch {
	case err == nil && found.Uploaded:
		r.code.id = found.ID
		return nil
	case err == nil: // registered by an upload that broke off
		err = r.client.Files.Delete(ctx, id)
	case errors.Is(err, functions.ErrNotFound):
		err = nil
	}
	if err != nil {
		return r.fail(StepUpload, r.before(), err)
	}
	r.report(StepUpload, fmt.Sprintf("uploading %d bytes of code", len(o.code.Bytes)))
	name := strings.ReplaceAll(o.spec.Function.Name, "/", "-")
	file, err := r.client.Files.Upload(ctx, functions.FileWrite{
		Name:       shortened(name, functions.FileNameMaxLength-len(hash)-len("-.zip")) + "-" + hash + ".zip",
		ExternalID: &externalID, MimeType: new("application/zip"), DataSetID: orNil(o.spec.DataSetID),
	}, o.code.Bytes)
	if err == nil {
		r.code = codeFile{id: file.ID, fresh: true}
		return nil
	}
	if !errors.Is(err, functions.ErrDuplicated) { // then it is somebody else's, who was faster
		r.removeFile(ctx, id)
	}
	return r.fail(StepUpload, r.before(), err)
}

// before is what serves as long as nothing has been changed.
func (r *run) before() Serving {
	if r.old == nil {
		return ServingNothing
	}
	return ServingOld
}

// shortened cuts a text to at most n bytes, and then makes it its own again with a hash.
func shortened(text string, n int) string {
	if len(text) <= n {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	tail := "-" + hex.EncodeToString(sum[:8])
	return strings.ToValidUTF8(text[:n-len(tail)], "") + tail
}

func orNil(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}
