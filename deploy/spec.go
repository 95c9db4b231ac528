package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	// defaultKeep and mostKeep bound how many code files stay; more than ten ids with hashes fill a metadata value.
	defaultKeep = 5
	mostKeep    = 10
	// leastKey is how many bytes a key needs so that guessing it is hopeless.
	leastKey = 16
)

// Spec says how a function should be.
type Spec struct {
	// Function holds the settings. Name and ExternalID are required, FileID must be 0. Settings that are left out are the
	// service's to choose, and keys of the metadata that begin with "cogfn-" are this package's.
	Function functions.FunctionWrite
	// Source is the code: a folder or a handler's text. The code of a FileID cannot be compared, so it is refused.
	Source functions.Source
	// SecretsKey keys the digest by which a change of a secret is seen; see the package's documentation. At least 16 bytes,
	// required with secrets and with index URLs, and the same for each deployment of the function.
	SecretsKey functions.Secret
	// KeepFiles is how many code files stay, with the one in use: 1 to 10, 0 for 5. Rollback needs them. Only files that
	// Deploy uploaded for this function are ever deleted.
	KeepFiles int
	// DataSetID is the data set of the code file, for identities that may write files of that data set alone. A change of
	// it alone is no reason to deploy.
	DataSetID int64
	// SkipValidation leaves it to the service to check code and settings; see functions.WithoutValidation.
	SkipValidation bool
}

// check holds a Spec against the rules that are this package's own.
func (s *Spec) check() error {
	switch {
	case s.externalID() == "":
		return refuse("ExternalID", "is missing; a function that is deployed again and again needs one")
	case s.Function.FileID != 0:
		return refuse("FileID", "is set; leave it 0, since Deploy uploads the code")
	case s.KeepFiles < 0 || s.KeepFiles > mostKeep:
		return refuse("KeepFiles", fmt.Sprintf("is %d; it must be between 1 and %d, or 0 for %d", s.KeepFiles, mostKeep, defaultKeep))
	case s.needsKey() && len(s.SecretsKey) < leastKey:
		return refuse("SecretsKey", fmt.Sprintf("has %d bytes; what cannot be read back, such as secrets and index URLs, is compared by a keyed digest, which needs a key of at least %d", len(s.SecretsKey), leastKey))
	}
	for key := range s.Function.Metadata {
		if strings.HasPrefix(key, metadataPrefix) {
			return refuse("Metadata", fmt.Sprintf("has the key %q; keys that begin with %q belong to this package", key, metadataPrefix))
		}
	}
	values := valuesOf(s.Function)
	set := slices.DeleteFunc(slices.Clone(settings), func(one setting) bool { return values[one.name] == nil })
	return cmp.Or(s.checkRoom(), checkNote(set))
}

// checkNote makes sure that the digests of the settings fit into the value of a metadata pair.
func checkNote(set []setting) error {
	size := -len(",")
	for _, one := range set {
		if size += one.noteSize(); size > functions.MetadataMaxValueLength {
			return refuse(one.field, fmt.Sprintf("does not fit into the note about the settings, which may have %d characters; set fewer fields", functions.MetadataMaxValueLength))
		}
	}
	return nil
}

// checkRoom makes sure that the notes fit beside the user's metadata, however long the list of files gets.
func (s *Spec) checkRoom() error {
	if n := len(s.Function.Metadata); n > functions.MetadataMaxPairs-notePairs {
		return refuse("Metadata", fmt.Sprintf("has %d pairs; at most %d are allowed beside the %d that Deploy writes", n, functions.MetadataMaxPairs-notePairs, notePairs))
	}
	size := mostNoteBytes
	for key, value := range s.Function.Metadata {
		size += len(key) + len(value)
	}
	if size > functions.MetadataMaxBytes {
		return refuse("Metadata", fmt.Sprintf("is %d bytes too long; %d bytes are allowed beside what Deploy writes", size-functions.MetadataMaxBytes, functions.MetadataMaxBytes-mostNoteBytes))
	}
	return nil
}

func (s *Spec) externalID() string { return deref(s.Function.ExternalID) }

func (s *Spec) keep() int {
	if s.KeepFiles == 0 {
		return defaultKeep
	}
	return s.KeepFiles
}

// needsKey reports whether the Spec contains something that its digest must not give away. Any index URL counts, since a
// token may be in its path or query as well as before the host.
func (s *Spec) needsKey() bool {
	values := valuesOf(s.Function)
	return slices.ContainsFunc(settings, func(one setting) bool { return one.hidden() && values[one.name] != nil })
}

// clone copies what a caller could change between Plan and Deploy.
func (s *Spec) clone() (*Spec, error) {
	c := *s
	var err error
	c.Function, err = copyWrite(s.Function)
	return &c, err
}

func refuse(field, rule string) error { return &functions.ArgumentError{Field: field, Rule: rule} }

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
