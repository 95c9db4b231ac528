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

// upload puts the code into a file. The external id of the file contains the hash of the content: equal code is uploaded
// once, and a file can be found if the response to its registration was lost.
func (r *run) upload(ctx context.Context, p *prepared) error {
	hash := p.code.ContentSHA256[:hashDigits]
	externalID := shorten(r.externalID, functions.ExternalIDMaxLength-1-len(hash)) + "-" + hash
	id := functions.ExternalID(externalID)
	found, err := r.client.Files.Retrieve(ctx, id)
	switch {
	case err == nil && found.Uploaded:
		r.code.id = found.ID
		return nil
	case err == nil: // an earlier upload failed after the registration
		err = r.client.Files.Delete(ctx, []functions.Identifier{id})
	case errors.Is(err, functions.ErrNotFound):
		err = nil
	}
	if err != nil {
		return r.fail(StepUpload, r.initialServing(), err)
	}
	r.report(StepUpload, fmt.Sprintf("uploading %d bytes of code", len(p.code.Bytes)))
	name := strings.ReplaceAll(p.spec.Function.Name, "/", "-")
	write := functions.FileWrite{
		Name:       shorten(name, functions.FileNameMaxLength-len(hash)-len("-.zip")) + "-" + hash + ".zip",
		ExternalID: &externalID, MimeType: new("application/zip"),
	}
	if p.spec.DataSetID != 0 {
		write.DataSetID = &p.spec.DataSetID
	}
	file, err := r.client.Files.Upload(ctx, write, p.code.Bytes)
	if err == nil {
		r.code = codeFile{id: file.ID, uploaded: true}
		return nil
	}
	if !errors.Is(err, functions.ErrDuplicated) { // a duplicated file belongs to another deployment
		r.removeFile(ctx, id)
	}
	return r.fail(StepUpload, r.initialServing(), err)
}

// shorten cuts a string to at most n bytes. A hash of the original keeps shortened strings unique.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	tail := "-" + hex.EncodeToString(sum[:8])
	return strings.ToValidUTF8(s[:n-len(tail)], "") + tail
}
