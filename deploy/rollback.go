package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cogfn/cogfn/internal/errtext"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Target is the code to roll back to, and the settings that the service does not return.
type Target struct {
	// FileID is the id of the code file, one of [Versions]. 0 means the second one, which was in use before. Two rollbacks
	// with 0 therefore restore the code before them.
	FileID int64
	// Secrets are the values of all secrets that the function has.
	Secrets functions.Secrets
	// IndexURL is required if the function was deployed with one.
	IndexURL *functions.Secret
	// ExtraIndexURLs are required if the function was deployed with them.
	ExtraIndexURLs []functions.Secret
	// SecretsKey is the key of the Spec, at least 16 bytes. Without it, the record contains no digests of secrets and index
	// URLs, and the next Plan reports these as different.
	SecretsKey functions.Secret
}

// Rollback replaces a function by one with earlier code, waits until it is Ready, and returns it. The settings are those
// that the service returns, completed by the Target. The steps and failures are those of [Deploy] with the action Replace,
// without an upload.
//
// Errors before anything is changed:
//   - *functions.ArgumentError: the Target lacks a setting, or FileID is not one of [Versions].
//   - Errors of the client; they match functions.ErrNotFound if the function or the code file does not exist.
//
// Later errors are an *[Error].
//
// Capabilities: functionsAcl:READ, functionsAcl:WRITE, filesAcl:READ; with schedules also those to create a session.
func Rollback(ctx context.Context, client *functions.Client, externalID string, target Target, opts ...Option) (*functions.Function, error) {
	current, err := client.Retrieve(ctx, functions.ExternalID(externalID))
	if err != nil {
		return nil, err
	}
	rec := recordOf(current)
	version, err := target.version(rec)
	if err != nil {
		return nil, err
	}
	write, err := target.write(current, rec)
	if err != nil {
		return nil, err
	}
	file, err := client.Files.Retrieve(ctx, functions.ID(version.FileID))
	if err != nil {
		return nil, errtext.Errorf("deploy: the code file %d of %s cannot be read: %v", version.FileID, externalID, err)
	}
	rec.versions, _ = rec.promote(version, maxKeepFiles) // only reorders, so no file is dropped
	rec.settings = rec.resentSettings(write, target.SecretsKey)
	write.Metadata = rec.addTo(write.Metadata)
	r := &run{
		options: newOptions(opts), client: client, externalID: externalID, old: current, write: write,
		code: codeFile{id: file.ID}, key: target.SecretsKey,
	}
	return r.replace(ctx)
}

// version returns the version to roll back to.
func (t Target) version(rec record) (Version, error) {
	if t.FileID == 0 {
		if len(rec.versions) < 2 {
			return Version{}, invalid("FileID", "is 0, but the function has no earlier code file; see Versions")
		}
		return rec.versions[1], nil
	}
	i := slices.IndexFunc(rec.versions, func(v Version) bool { return v.FileID == t.FileID })
	if i < 0 {
		return Version{}, invalid("FileID", fmt.Sprintf("is %d, which is not a code file of the function; see Versions", t.FileID))
	}
	return rec.versions[i], nil
}

// write returns the deployed function with the settings that the service does not return.
func (t Target) write(fn *functions.Function, rec record) (functions.FunctionWrite, error) {
	if err := checkReadable(fn); err != nil {
		return functions.FunctionWrite{}, err
	}
	w := fn.AsWrite()
	w.FileID = 0
	var missing []string
	for _, key := range slices.Sorted(maps.Keys(w.Secrets)) {
		if value, ok := t.Secrets[key]; ok {
			w.Secrets[key] = string(value)
			continue
		}
		missing = append(missing, key)
	}
	if len(missing) > 0 {
		return w, invalid("Secrets", fmt.Sprintf("lacks %s; the service does not return the values of secrets", strings.Join(missing, ", ")))
	}
	if t.IndexURL != nil {
		w.IndexURL = new(string(*t.IndexURL))
	}
	for _, url := range t.ExtraIndexURLs {
		w.ExtraIndexURLs = append(w.ExtraIndexURLs, string(url))
	}
	for _, s := range settings {
		if _, wasSet := rec.settings[s.name]; wasSet && s.withheld && s.of(&w).IsZero() {
			return w, invalid(s.field, "is missing; the function was deployed with it, and the service does not return it")
		}
	}
	return w, nil
}
