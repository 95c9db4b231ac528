package coverage

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Exceptions are the points that no exchange covers and the mutants that no exchange detects, with reasons.
type Exceptions struct {
	// Points are points of the description that no exchange covers.
	Points []Exception `yaml:"points"`
	// Mutants are changes of the description that no exchange detects.
	Mutants []Exception `yaml:"mutants"`
}

// Exception is a list of names with a reason. A name that ends in " *" applies to all names with that prefix, so a new enum
// value needs no new exception. Such a name is valid even if no name with the prefix is missing.
type Exception struct {
	Reason string   `yaml:"reason"`
	Names  []string `yaml:"names"`
}

// wildcard is the end of a name that applies to all names with the same prefix.
const wildcard = " *"

// ReadExceptions reads the file of exceptions. A missing reason and a duplicate name are errors.
func ReadExceptions(file string) (Exceptions, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Exceptions{}, err
	}
	var e Exceptions
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&e); err != nil {
		return Exceptions{}, fmt.Errorf("%s: %w", file, err)
	}
	for _, list := range [][]Exception{e.Points, e.Mutants} {
		seen := map[string]bool{}
		for _, exception := range list {
			if exception.Reason == "" {
				return Exceptions{}, fmt.Errorf("%s: %q has no reason", file, exception.Names)
			}
			for _, one := range exception.Names {
				if seen[one] {
					return Exceptions{}, fmt.Errorf("%s: %q is listed twice", file, one)
				}
				seen[one] = true
			}
		}
	}
	return e, nil
}

// Apply compares missing names with the exceptions, and all existing names with those that end in " *". It returns two
// sorted lists:
//   - unexcepted: missing names without an exception;
//   - stale: exceptions whose name is not missing, or, with " *", whose prefix no existing name has.
func Apply(missing, all []string, exceptions []Exception) (unexcepted, stale []string) {
	used := map[string]bool{}
	for _, exception := range exceptions {
		for _, one := range exception.Names {
			prefix, ok := cutWildcard(one)
			used[one] = ok && slices.ContainsFunc(all, func(name string) bool { return strings.HasPrefix(name, prefix) })
		}
	}
	for _, one := range missing {
		if !use(used, one) {
			unexcepted = append(unexcepted, one)
		}
	}
	for _, one := range slices.Sorted(maps.Keys(used)) {
		if !used[one] {
			stale = append(stale, one)
		}
	}
	slices.Sort(unexcepted)
	return unexcepted, stale
}

// cutWildcard returns the prefix of a name that ends in " *", and whether the name does.
func cutWildcard(name string) (prefix string, ok bool) {
	return strings.TrimSuffix(name, "*"), strings.HasSuffix(name, wildcard)
}

// use reports whether a missing name has an exception, and records that the exception is used.
func use(used map[string]bool, missing string) bool {
	for one := range used {
		prefix, ok := cutWildcard(one)
		if one == missing || ok && strings.HasPrefix(missing, prefix) {
			used[one] = true
			return true
		}
	}
	return false
}
