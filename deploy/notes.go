package deploy

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
	// mostNoteBytes is the size of two values of the greatest length, with their keys.
	mostNoteBytes = notePairs*functions.MetadataMaxValueLength + len(settingsKey) + len(filesKey)
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

// write returns the metadata with the notes.
func (n notes) write(metadata map[string]string) map[string]string {
	noted := map[string]string{}
	maps.Copy(noted, metadata)
	var files, digests []string
	for _, v := range n.versions {
		files = append(files, strconv.FormatInt(v.FileID, 10)+":"+v.Code)
	}
	for _, s := range settings {
		if digest, ok := n.settings[s.name]; ok {
			digests = append(digests, s.name+":"+digest)
		}
	}
	noted[filesKey], noted[settingsKey] = strings.Join(files, ","), strings.Join(digests, ",")
	return noted
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

// resent returns the noted settings for a function that is created again with settings that the service has returned. The
// settings that it does not return are noted as w has them.
func (n notes) resent(w functions.FunctionWrite, key functions.Secret) map[string]string {
	noted, now := maps.Clone(n.settings), digests(w, key)
	for _, s := range settings {
		if !s.hidden() {
			continue
		}
		delete(noted, s.name)
		if digest, ok := now[s.name]; ok {
			noted[s.name] = digest
		}
	}
	return noted
}

// digests returns the digest of each setting that w sets. The digests of hidden settings are keyed; without a key they are
// left out.
func digests(w functions.FunctionWrite, key functions.Secret) map[string]string {
	all, values := map[string]string{}, valuesOf(w)
	for _, s := range settings {
		value, ok := values[s.name]
		if !ok {
			continue
		}
		var secret []byte
		if s.hidden() {
			if len(key) < leastKey {
				all[s.name] = noDigest
				continue
			}
			secret = []byte(key)
		}
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "cogfn %s\x00%s\x00%s", deref(w.ExternalID), s.name, value)
		all[s.name] = hex.EncodeToString(mac.Sum(nil))[:digestDigits]
	}
	return all
}
