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

// Exceptions are what cannot be shown, or noticed, with the reasons.
type Exceptions struct {
	// Points are never covered.
	Points []Exception `yaml:"points"`
	// Mutants are changes of the description that no recording notices.
	Mutants []Exception `yaml:"mutants"`
}

// Exception is a reason and the names that it excepts. A name that ends in " *" excepts every name that begins alike,
// so that a new value of an enum needs no new exception. Such a name may except nothing today.
type Exception struct {
	Reason string   `yaml:"reason"`
	These  []string `yaml:"these"`
}

// anyEnd is how a name ends that excepts every name that begins alike.
const anyEnd = " *"

// ReadExceptions reads the file of exceptions. The error names an exception without a reason, and one that stands twice.
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
				return Exceptions{}, fmt.Errorf("%s: %q has no reason", file, exception.These)
			}
			for _, one := range exception.These {
				if seen[one] {
					return Exceptions{}, fmt.Errorf("%s: %q stands twice", file, one)
				}
				seen[one] = true
			}
		}
	}
	return e, nil
}

// Judge compares the missing names with the exceptions. It returns the missing names that are not excepted, and the
// exceptions that are stale: nothing of that name is missing, or, for a name that ends in " *", nothing exists that it
// could except. Both are sorted. all are the names that exist.
func Judge(missing, all []string, exceptions []Exception) (unexcused, stale []string) {
	used := map[string]bool{}
	for _, exception := range exceptions {
		for _, one := range exception.These {
			prefix, open := openEnd(one)
			used[one] = open && slices.ContainsFunc(all, func(name string) bool { return strings.HasPrefix(name, prefix) })
		}
	}
	for _, one := range missing {
		if !excuse(used, one) {
			unexcused = append(unexcused, one)
		}
	}
	for _, one := range slices.Sorted(maps.Keys(used)) {
		if !used[one] {
			stale = append(stale, one)
		}
	}
	slices.Sort(unexcused)
	return unexcused, stale
}

func openEnd(name string) (prefix string, open bool) {
	return strings.TrimSuffix(name, "*"), strings.HasSuffix(name, anyEnd)
}

// excuse reports whether a missing name is excepted, and notes which exception was used.
func excuse(used map[string]bool, missing string) bool {
	for one := range used {
		prefix, open := openEnd(one)
		if one == missing || open && strings.HasPrefix(missing, prefix) {
			used[one] = true
			return true
		}
	}
	return false
}
