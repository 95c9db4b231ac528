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
	// operatorPattern also matches invalid operators, so that an error can name them.
	operatorPattern = regexp.MustCompile(`^[=<>!~]+`)
	operators       = []string{"==", "!=", "<=", ">=", "<", ">", "~=", "==="}

	versionPattern = regexp.MustCompile(`^(?i:` + releasePart + prePart + postPart + devPart + localPart + `)$`)
	prefixPattern  = regexp.MustCompile(`^(?i:` + releasePart + `)\.\*$`)
	twoNumbers     = regexp.MustCompile(`^(?i:v?(?:[0-9]+!)?[0-9]+\.[0-9]+)`)
)

// corrections maps common mistakes to the intended operators.
var corrections = map[string]string{
	"=": "==", "=>": ">=", "=<": "<=", "=~": "~=", "=!": "!=", "<>": "!=", "!": "!=", "~": "~=", "!==": "!=",
}

// version checks one version condition: the operator exists and accepts this version.
func (p *parser) version(operator, version string) error {
	if !slices.Contains(operators, operator) {
		if correct, ok := corrections[operator]; ok {
			return fmt.Errorf(`"%s" is not an operator; use %s`, operator, correct)
		}
		return fmt.Errorf(`"%s" is not an operator; use one of %s`, operator, strings.Join(operators, " "))
	}
	isVersion := versionPattern.MatchString(version)
	switch {
	case version == "":
		return fmt.Errorf("there is no version after %s; add it", operator)
	case operator == "===":
		return nil // pip compares any string
	case operator == "==" || operator == "!=":
		if isVersion || prefixPattern.MatchString(version) {
			return nil
		}
	case strings.HasSuffix(version, ".*"):
		return fmt.Errorf(`%s does not accept ".*"; write the version without it`, operator)
	case isVersion && strings.Contains(version, "+"):
		return fmt.Errorf(`%s does not accept a local version; remove "+" and what follows it`, operator)
	case isVersion && operator == "~=" && !twoNumbers.MatchString(version):
		return fmt.Errorf(`~= needs at least two numbers; add ".0" to the version`)
	case isVersion:
		return nil
	}
	return fmt.Errorf("%s is not a version; write it like 1.2.3", p.quote(version))
}
