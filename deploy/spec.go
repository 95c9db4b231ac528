package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	defaultKeepFiles = 5
	// maxKeepFiles is limited by the size of a metadata value, which contains an id and a hash for each file.
	maxKeepFiles = 10
	// minKeyBytes makes guessing the key infeasible.
	minKeyBytes = 16
)

// Spec is the desired state of a function.
type Spec struct {
	// Function contains the settings. Name and ExternalID are required, FileID must be 0. The service chooses settings that
	// are left out. Metadata may have at most 14 pairs, and no keys that start with "cogfn-".
	Function functions.FunctionWrite
	// Source is the code, for example from functions.Folder or functions.HandlerText. functions.FileID is rejected, because
	// its code cannot be compared.
	Source functions.Source
	// SecretsKey is the key of the digests of secrets and index URLs; see the package documentation. It is required with
	// these, has at least 16 bytes, and must be the same in each deployment of the function.
	SecretsKey functions.Secret
	// KeepFiles is the number of code files to keep for [Rollback], including the one in use: 1 to 10; 0 means 5. Deploy
	// deletes only files that it uploaded for this function.
	KeepFiles int
	// DataSetID is the id of the data set of the code file; 0 means none. A change of it alone does not cause a deployment.
	DataSetID int64
	// SkipValidation leaves the validation of code and settings to the service; see functions.WithoutValidation.
	SkipValidation bool
}

// check checks the rules of this package.
func (s *Spec) check() error {
	switch {
	case s.externalID() == "":
		return invalid("ExternalID", "is missing; it identifies the function in later deployments")
	case s.Function.FileID != 0:
		return invalid("FileID", "is set; leave it 0, since Deploy uploads the code")
	case s.KeepFiles < 0 || s.KeepFiles > maxKeepFiles:
		return invalid("KeepFiles", fmt.Sprintf("is %d; it must be between 1 and %d, or 0 for %d", s.KeepFiles, maxKeepFiles, defaultKeepFiles))
	case s.needsKey() && len(s.SecretsKey) < minKeyBytes:
		return invalid("SecretsKey", fmt.Sprintf("has %d bytes; secrets and index URLs require a key of at least %d bytes",
			len(s.SecretsKey), minKeyBytes))
	}
	for key := range s.Function.Metadata {
		if strings.HasPrefix(key, metadataPrefix) {
			return invalid("Metadata", fmt.Sprintf("has the key %q; keys that start with %q are reserved", key, metadataPrefix))
		}
	}
	values := valuesOf(s.Function)
	set := slices.DeleteFunc(slices.Clone(settings), func(one setting) bool { return values[one.name] == nil })
	return cmp.Or(s.checkMetadata(), checkRecord(set))
}

// checkRecord checks that the digests of the settings fit into a metadata value.
func checkRecord(set []setting) error {
	size := -len(",")
	for _, one := range set {
		if size += one.recordSize(); size > functions.MetadataMaxValueLength {
			return invalid(one.field, fmt.Sprintf("exceeds the record of settings, which has at most %d characters; set fewer fields",
				functions.MetadataMaxValueLength))
		}
	}
	return nil
}

// checkMetadata checks that a record of maximum size fits into the metadata in addition to the user's pairs.
func (s *Spec) checkMetadata() error {
	if n := len(s.Function.Metadata); n > functions.MetadataMaxPairs-recordPairs {
		return invalid("Metadata", fmt.Sprintf("has %d pairs; at most %d are allowed in addition to the %d of Deploy",
			n, functions.MetadataMaxPairs-recordPairs, recordPairs))
	}
	size := maxRecordBytes
	for key, value := range s.Function.Metadata {
		size += len(key) + len(value)
	}
	if size > functions.MetadataMaxBytes {
		return invalid("Metadata", fmt.Sprintf("is %d bytes too long; at most %d are allowed in addition to those of Deploy",
			size-functions.MetadataMaxBytes, functions.MetadataMaxBytes-maxRecordBytes))
	}
	return nil
}

func (s *Spec) externalID() string {
	if s.Function.ExternalID == nil {
		return ""
	}
	return *s.Function.ExternalID
}

func (s *Spec) keepFiles() int { return cmp.Or(s.KeepFiles, defaultKeepFiles) }

// needsKey reports whether the Spec sets a hidden setting. Every index URL counts, since its path or query may contain a
// token.
func (s *Spec) needsKey() bool {
	values := valuesOf(s.Function)
	return slices.ContainsFunc(settings, func(one setting) bool { return one.hidden() && values[one.name] != nil })
}

// clone copies everything that a caller could change between Plan and Deploy.
func (s *Spec) clone() (*Spec, error) {
	c := *s
	var err error
	c.Function, err = copyWrite(s.Function)
	return &c, err
}

func invalid(field, rule string) error { return &functions.ArgumentError{Field: field, Rule: rule} }
