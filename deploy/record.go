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

const (
	// metadataPrefix is the prefix of the metadata keys of this package.
	metadataPrefix = "cogfn-"
	settingsKey    = metadataPrefix + "settings"
	filesKey       = metadataPrefix + "files"
	recordPairs    = 2
	// maxRecordBytes is the size of both pairs with values of maximum length.
	maxRecordBytes = recordPairs*functions.MetadataMaxValueLength + len(settingsKey) + len(filesKey)
	// hashDigits is the number of hexadecimal digits of a code hash, digestDigits that of a setting's digest.
	hashDigits   = 32
	digestDigits = 16
	// unknownDigest is recorded for a hidden setting if there is no key. It differs from every digest.
	unknownDigest = "unknown"
)

// Version is a code file of a function.
type Version struct {
	// FileID is the id of the file.
	FileID int64
	// Code is the first 32 hexadecimal digits of the SHA-256 of the code's content; "" for code that this package did not
	// deploy.
	Code string
}

// Versions returns the code files to which a function can be rolled back, as recorded in its metadata. The first one is in
// use. Versions sends no request: a listed file may have been deleted.
func Versions(fn *functions.Function) []Version { return recordOf(fn).versions }

// record is the record of a deployment in the metadata of a function.
type record struct {
	// settings are digests by the names of the settings.
	settings map[string]string
	versions []Version
	// valid is false for a function that was not deployed by this package, also if the metadata was copied from one that was.
	valid bool
}

func recordOf(fn *functions.Function) record {
	rec := record{settings: map[string]string{}}
	for entry := range strings.SplitSeq(fn.Metadata[filesKey], ",") {
		number, code, _ := strings.Cut(entry, ":")
		if id, err := strconv.ParseInt(number, 10, 64); err == nil {
			rec.versions = append(rec.versions, Version{FileID: id, Code: code})
		}
	}
	if rec.valid = len(rec.versions) > 0 && rec.versions[0].FileID == fn.FileID; !rec.valid {
		rec.versions = []Version{{FileID: fn.FileID}}
		return rec
	}
	for entry := range strings.SplitSeq(fn.Metadata[settingsKey], ",") {
		if name, digest, ok := strings.Cut(entry, ":"); ok {
			rec.settings[name] = digest
		}
	}
	return rec
}

// addTo returns a copy of the metadata with the record.
func (rec record) addTo(metadata map[string]string) map[string]string {
	all := map[string]string{}
	maps.Copy(all, metadata)
	var files, digests []string
	for _, v := range rec.versions {
		files = append(files, strconv.FormatInt(v.FileID, 10)+":"+v.Code)
	}
	for _, s := range settings {
		if digest, ok := rec.settings[s.name]; ok {
			digests = append(digests, s.name+":"+digest)
		}
	}
	all[filesKey], all[settingsKey] = strings.Join(files, ","), strings.Join(digests, ",")
	return all
}

// promote returns the versions with v first, at most keep of them, and the ids of files to delete. Files that this package
// did not upload are not deleted.
func (rec record) promote(v Version, keep int) (versions []Version, drop []int64) {
	versions = slices.DeleteFunc(slices.Clone(rec.versions), func(o Version) bool { return o.FileID == v.FileID })
	versions = slices.Insert(versions, 0, v)
	keep = min(keep, len(versions))
	for _, old := range versions[keep:] {
		if old.Code != "" {
			drop = append(drop, old.FileID)
		}
	}
	return versions[:keep], drop
}

// resentSettings returns the recorded digests for a function that is created again from the settings that the service
// returned. The digests of hidden settings are those of w.
func (rec record) resentSettings(w functions.FunctionWrite, key functions.Secret) map[string]string {
	all, sent := maps.Clone(rec.settings), digests(w, key)
	for _, s := range settings {
		if !s.hidden() {
			continue
		}
		delete(all, s.name)
		if digest, ok := sent[s.name]; ok {
			all[s.name] = digest
		}
	}
	return all
}

// digests returns the digest of each setting that w sets. Digests of hidden settings need a key of minKeyBytes; without
// it they are unknownDigest.
func digests(w functions.FunctionWrite, key functions.Secret) map[string]string {
	all, values := map[string]string{}, valuesOf(w)
	externalID := ""
	if w.ExternalID != nil {
		externalID = *w.ExternalID
	}
	for _, s := range settings {
		value, ok := values[s.name]
		if !ok {
			continue
		}
		var secret []byte
		if s.hidden() {
			if len(key) < minKeyBytes {
				all[s.name] = unknownDigest
				continue
			}
			secret = []byte(key)
		}
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "cogfn %s\x00%s\x00%s", externalID, s.name, value)
		all[s.name] = hex.EncodeToString(mac.Sum(nil))[:digestDigits]
	}
	return all
}
