package requirements

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// variables are the names that a marker can compare: those of PEP 508 and the older spellings that pip still accepts.
var variables = []string{
	"python_version", "python_full_version", "os_name", "sys_platform", "platform_release", "platform_system",
	"platform_version", "platform_machine", "platform_python_implementation", "implementation_name",
	"implementation_version", "extra", "extras", "dependency_groups",
	"os.name", "sys.platform", "platform.version", "platform.machine", "platform.python_implementation",
	"python_implementation",
}

var (
	markerOperator = regexp.MustCompile(`^(?:[=<>!~]+|not\s+in\b|in\b)`)
	markerJoin     = regexp.MustCompile(`^(?:and|or)\b`)
	markerVariable = regexp.MustCompile(`^[A-Za-z_.]+`)
	quotedText     = regexp.MustCompile(`^(?:'[^']*'|"[^"]*")`)
)

// marker checks the rest of the text as a marker.
func (p *parser) marker() error {
	if p.space(); p.done() {
		return errors.New(`there is no marker after the ";"; add it or remove the ";"`)
	}
	if err := p.condition(); err != nil {
		return err
	}
	if p.space(); !p.done() {
		return fmt.Errorf(`the marker has an unexpected %s; join conditions with "and" or "or"`, p.quote(p.rest()))
	}
	return nil
}

// condition checks comparisons joined by "and" and "or". Their precedence does not matter for the syntax.
func (p *parser) condition() error {
	for {
		if err := p.comparison(); err != nil {
			return err
		}
		p.space()
		if p.take(markerJoin) == "" {
			return nil
		}
	}
}

func (p *parser) comparison() error {
	p.space()
	if p.skip("(") {
		if err := p.condition(); err != nil {
			return err
		}
		if p.space(); !p.skip(")") {
			return errors.New(`a "(" in the marker is never closed; add the missing ")"`)
		}
		return nil
	}
	if err := p.operand(); err != nil {
		return err
	}
	p.space()
	op := p.take(markerOperator)
	word := op == "in" || strings.HasPrefix(op, "not")
	if op == "" || !word && !slices.Contains(operators, op) {
		return errors.New(`the marker has no valid operator; write it like python_version < "3.12"`)
	}
	return p.operand()
}

func (p *parser) operand() error {
	p.space()
	if p.take(quotedText) != "" {
		return nil
	}
	switch name := p.take(markerVariable); {
	case name == "":
		return errors.New(`the marker has no value to compare; write it like python_version < "3.12"`)
	case !slices.Contains(variables, name):
		return fmt.Errorf("the marker has an unknown variable %s; use %s, or quotes around a value",
			p.quote(name), strings.Join(variables[:6], ", "))
	}
	return nil
}
