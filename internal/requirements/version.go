package requirements

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The parts of a version, from PEP 440.
const (
	releasePart = `v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*`
	prePart     = `(?:[-_.]?(?:alpha|beta|preview|pre|rc|a|b|c)[-_.]?[0-9]*)?`
	postPart    = `(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?`
	devPart     = `(?:[-_.]?dev[-_.]?[0-9]*)?`
	localPart   = `(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?`
)

var (
	// operatorPattern also takes what people write by mistake, so that it can be named.
	operatorPattern = regexp.MustCompile(`^[=<>!~]+`)
	operators       = []string{"==", "!=", "<=", ">=", "<", ">", "~=", "==="}

	versionPattern = regexp.MustCompile(`^(?i:` + releasePart + prePart + postPart + devPart + localPart + `)$`)
	prefixPattern  = regexp.MustCompile(`^(?i:` + releasePart + `)\.\*$`)
	twoNumbers     = regexp.MustCompile(`^(?i:v?(?:[0-9]+!)?[0-9]+\.[0-9]+)`)
)

// meant maps common slips to the operator that was meant.
var meant = map[string]string{"=": "==", "=>": ">=", "=<": "<=", "=~": "~=", "=!": "!=", "<>": "!=", "!": "!=", "~": "~=", "!==": "!="}

// check reports whether the operator exists and takes such a version.
func (s Specifier) check() error {
	if !slices.Contains(operators, s.Operator) {
		if right, ok := meant[s.Operator]; ok {
			return fmt.Errorf(`"%s" is no operator; use %s`, s.Operator, right)
		}
		return fmt.Errorf(`"%s" is no operator; use one of %s`, s.Operator, strings.Join(operators, " "))
	}
	isVersion := versionPattern.MatchString(s.Version)
	switch {
	case s.Version == "":
		return fmt.Errorf("no version follows %s; add it", s.Operator)
	case s.Operator == "===":
		return nil // compared as text
	case s.Operator == "==" || s.Operator == "!=":
		if isVersion || prefixPattern.MatchString(s.Version) {
			return nil
		}
	case strings.HasSuffix(s.Version, ".*"):
		return fmt.Errorf(`%s takes no ".*"; write the version without it`, s.Operator)
	case isVersion && strings.Contains(s.Version, "+"):
		return fmt.Errorf(`%s takes no local version; remove what begins with "+"`, s.Operator)
	case isVersion && s.Operator == "~=" && !twoNumbers.MatchString(s.Version):
		return fmt.Errorf("~= needs at least two numbers; write ~=%s.0", s.Version)
	case isVersion:
		return nil
	}
	return fmt.Errorf(`"%s" is no version; write it like 1.2.3`, s.Version)
}
