package deploy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

// The pairs of a function's metadata that hold the notes.
const (
	metadataPrefix = "cogfn-"
	settingsKey    = metadataPrefix + "settings"
	filesKey       = metadataPrefix + "files"
	notePairs      = 2
	// mostNoteBytes is two values of 512 characters, the API's limit, and their keys.
	mostNoteBytes = 2*512 + len(settingsKey) + len(filesKey)
	// hashDigits is how many hexadecimal digits of a code's hash are noted, digestDigits of a setting's digest.
	hashDigits   = 32
	digestDigits = 16
	// noDigest is noted for what is set and must not be digested for lack of a key. It differs from every digest.
	noDigest = "unknown"
)

// Version is code that was deployed.
type Version struct {
	// FileID is the file with the code.
	FileID int64
	// Code is the beginning of the SHA-256 of the code's content, 32 hexadecimal digits; "" for code that was not deployed
	// by this package.
	Code string
}

// Versions returns which code files a function can be rolled back to, as noted in its metadata; the first is the one that
// runs. It sends nothing: a file may have been deleted by other means.
func Versions(fn *functions.Function) []Version { return notesOf(fn).versions }

// notes are what Deploy wrote down about a function.
type notes struct {
	// settings are the digests of what was set, by the settings' names.
	settings map[string]string
	versions []Version
	// ours is false for a function that was deployed by other means, even if with a copy of the metadata.
	ours bool
}

func notesOf(fn *functions.Function) notes {
	n := notes{settings: map[string]string{}}
	for entry := range strings.SplitSeq(fn.Metadata[filesKey], ",") {
		number, code, _ := strings.Cut(entry, ":")
		if id, err := strconv.ParseInt(number, 10, 64); err == nil {
			n.versions = append(n.versions, Version{FileID: id, Code: code})
		}
	}
	if n.ours = len(n.versions) > 0 && n.versions[0].FileID == fn.FileID; !n.ours {
		n.versions = []Version{{FileID: fn.FileID}}
		return n
	}
	for entry := range strings.SplitSeq(fn.Metadata[settingsKey], ",") {
		if name, digest, ok := strings.Cut(entry, ":"); ok {
			n.settings[name] = digest
		}
	}
	return n
}

// write puts the notes into metadata.
func (n notes) write(metadata map[string]string) map[string]string {
	if metadata == nil {
		metadata = map[string]string{}
	}
	var files, settings []string
	for _, v := range n.versions {
		files = append(files, strconv.FormatInt(v.FileID, 10)+":"+v.Code)
	}
	for _, name := range settingNames {
		if digest, ok := n.settings[name]; ok {
			settings = append(settings, name+":"+digest)
		}
	}
	metadata[filesKey], metadata[settingsKey] = strings.Join(files, ","), strings.Join(settings, ",")
	return metadata
}

// running returns the versions when v is the one that runs, at most keep of them, and the ids of the files that nobody
// needs any more. Files that others uploaded are not among those.
func (n notes) running(v Version, keep int) (versions []Version, drop []int64) {
	versions = slices.DeleteFunc(slices.Clone(n.versions), func(o Version) bool { return o.FileID == v.FileID })
	versions = slices.Insert(versions, 0, v)
	keep = min(keep, len(versions))
	for _, old := range versions[keep:] {
		if old.Code != "" {
			drop = append(drop, old.FileID)
		}
	}
	return versions[:keep], drop
}

// settingNames are the settings that are compared, by their names in the API.
var settingNames = []string{
	"name", "description", "owner", "metadata", "envVars", "secrets", "functionPath", "cpu", "memory", "runtime", "indexUrl",
	"extraIndexUrls",
}

// hiddenSettings are those that the service never shows.
var hiddenSettings = []string{"secrets", "indexUrl", "extraIndexUrls"}

// settingValues are the settings of a function, by name; those that the service would not tell from unset ones are nil.
func settingValues(w functions.FunctionWrite) map[string]any {
	return map[string]any{
		"name": w.Name, "description": w.Description, "owner": w.Owner, "metadata": w.Metadata, "envVars": w.EnvVars,
		"secrets": plain(w), "functionPath": functionPath(w), "cpu": w.CPU, "memory": w.Memory, "runtime": w.Runtime,
		"indexUrl": w.IndexURL, "extraIndexUrls": w.ExtraIndexURLs,
	}
}

// functionPath is nil for the default, so that naming it makes no difference.
func functionPath(w functions.FunctionWrite) *string {
	if deref(w.FunctionPath) == "handler.py" {
		return nil
	}
	return w.FunctionPath
}

// resent returns the noted settings for a function that is created anew with settings that the service has shown: what it
// never shows is noted as w has it.
func (n notes) resent(w functions.FunctionWrite, key functions.Secret) map[string]string {
	settings, now := maps.Clone(n.settings), digests(w, key)
	for _, name := range hiddenSettings {
		delete(settings, name)
		if digest, ok := now[name]; ok {
			settings[name] = digest
		}
	}
	return settings
}

// digests returns the digest of each setting that w sets. What the service never shows enters with the key, and gets none
// without.
func digests(w functions.FunctionWrite, key functions.Secret) map[string]string {
	all := map[string]string{}
	for name, value := range settingValues(w) {
		encoded, err := json.Marshal(value)
		if err != nil || slices.Contains([]string{"null", `""`, "{}", "[]"}, string(encoded)) {
			continue // texts, numbers and maps of texts always encode
		}
		var secret []byte
		if slices.Contains(hiddenSettings, name) {
			if len(key) < leastKey {
				all[name] = noDigest
				continue
			}
			secret = []byte(key)
		}
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "cogfn %s\x00%s\x00%s", deref(w.ExternalID), name, encoded)
		all[name] = hex.EncodeToString(mac.Sum(nil))[:digestDigits]
	}
	return all
}
