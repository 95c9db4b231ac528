package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Target says what Rollback goes back to.
type Target struct {
	// FileID is the file with the code, one of Versions; 0 stands for the second of them, which ran before the one that
	// runs. Going back twice thus leads to where one was.
	FileID int64
	// Secrets are the values of all secrets that the function has, since they cannot be read back. The same holds for
	// IndexURL and ExtraIndexURLs, if the function was deployed with them.
	Secrets        functions.Secrets
	IndexURL       *functions.Secret
	ExtraIndexURLs []functions.Secret
	// SecretsKey is that of the Spec. Without it, or with one of less than 16 bytes, no digest of secrets and index URLs is
	// noted, and the next Plan takes them for others.
	SecretsKey functions.Secret
}

// Rollback deploys earlier code of a function anew, with the settings that the service shows and the secrets of the
// Target, and returns the function, which is Ready. It works and fails as Deploy does when it replaces a function: what is
// missing in the Target is a *functions.ArgumentError before anything is done.
func Rollback(ctx context.Context, client *functions.Client, externalID string, target Target, opts ...Option) (*functions.Function, error) {
	current, err := client.Retrieve(ctx, functions.ExternalID(externalID))
	if err != nil {
		return nil, err
	}
	n := notesOf(current)
	version, err := target.version(n)
	if err != nil {
		return nil, err
	}
	write, err := target.write(current, n)
	if err != nil {
		return nil, err
	}
	file, err := client.Files.Retrieve(ctx, functions.ID(version.FileID))
	if err != nil {
		return nil, fmt.Errorf("deploy: the file %d with the earlier code cannot be read: %w", version.FileID, err)
	}
	n.versions, _ = n.running(version, mostKeep) // nothing is dropped: the list only changes its order
	n.settings = n.resent(write, target.SecretsKey)
	write.Metadata = n.write(write.Metadata)
	r := &run{
		options: optionsOf(opts), client: client, externalID: externalID, old: current, write: write,
		code: codeFile{id: file.ID}, key: target.SecretsKey,
	}
	return r.replace(ctx)
}

// version finds the code to go back to.
func (t Target) version(n notes) (Version, error) {
	if t.FileID == 0 {
		if len(n.versions) < 2 {
			return Version{}, refuse("FileID", "is 0, but no earlier code of the function is known; see Versions")
		}
		return n.versions[1], nil
	}
	i := slices.IndexFunc(n.versions, func(v Version) bool { return v.FileID == t.FileID })
	if i < 0 {
		return Version{}, refuse("FileID", fmt.Sprintf("is %d, which is not among the function's code files; see Versions", t.FileID))
	}
	return n.versions[i], nil
}

// write is the deployed function with what cannot be read back.
func (t Target) write(fn *functions.Function, n notes) (functions.FunctionWrite, error) {
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
		return w, refuse("Secrets", fmt.Sprintf("lacks %s; the function has these secrets, and their values cannot be read back", strings.Join(missing, ", ")))
	}
	if t.IndexURL != nil {
		w.IndexURL = new(string(*t.IndexURL))
	}
	for _, url := range t.ExtraIndexURLs {
		w.ExtraIndexURLs = append(w.ExtraIndexURLs, string(url))
	}
	for _, s := range settings {
		if _, had := n.settings[s.name]; had && s.withheld && s.of(&w).IsZero() {
			return w, refuse(s.field, "is missing; the function was deployed with it, and it cannot be read back")
		}
	}
	return w, nil
}
