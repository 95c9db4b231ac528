package coverage

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Exceptions are what cannot be shown, or noticed, with the reasons.
type Exceptions struct {
	// Points are never covered.
	Points []Exception `yaml:"points"`
	// Mutants are changes of the description that no recording notices.
	Mutants []Exception `yaml:"mutants"`
}

// Exception is one reason and all that it is the reason for.
type Exception struct {
	Reason string   `yaml:"reason"`
	These  []string `yaml:"these"`
}

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

// Judge compares what is missing with what is excepted. It returns the missing that is not excepted, and the excepted
// that is not missing, both sorted.
func Judge(missing []string, exceptions []Exception) (unexcused, stale []string) {
	excused := map[string]bool{}
	for _, exception := range exceptions {
		for _, one := range exception.These {
			excused[one] = false
		}
	}
	for _, one := range missing {
		if _, ok := excused[one]; ok {
			excused[one] = true
		} else {
			unexcused = append(unexcused, one)
		}
	}
	for _, one := range slices.Sorted(maps.Keys(excused)) {
		if !excused[one] {
			stale = append(stale, one)
		}
	}
	slices.Sort(unexcused)
	return unexcused, stale
}
