package requirements

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	namePattern = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`)
	versionText = regexp.MustCompile(`^[^\s,;)]+`)
	wordPattern = regexp.MustCompile(`^[^\s,;()\[\]]+`)
)

// parser reads one requirement without its options.
type parser struct {
	text string
	pos  int
	hide bool // the line may contain credentials: errors quote no part of it
}

func (p *parser) rest() string { return p.text[p.pos:] }
func (p *parser) done() bool   { return p.pos == len(p.text) }

func (p *parser) space() {
	p.pos = len(p.text) - len(strings.TrimLeft(p.rest(), " \t"))
}

// skip advances past s and reports whether s was next.
func (p *parser) skip(s string) bool {
	if !strings.HasPrefix(p.rest(), s) {
		return false
	}
	p.pos += len(s)
	return true
}

// take advances past the match of an anchored pattern and returns the match, or "".
func (p *parser) take(pattern *regexp.Regexp) string {
	s := pattern.FindString(p.rest())
	p.pos += len(s)
	return s
}

// quote returns a part of the line in quotes for an error message.
func (p *parser) quote(part string) string {
	if p.hide {
		part = "***"
	}
	return `"` + part + `"`
}

// named checks a requirement that begins with a package name, as defined in PEP 508.
func (p *parser) named() error {
	name := p.take(namePattern)
	if name == "" {
		return errors.New("it does not begin with the name of a package; write the name first")
	}
	p.space()
	if p.skip("[") {
		if err := p.extras(); err != nil {
			return err
		}
		p.space()
	}
	if p.skip("@") {
		return p.namedURL()
	}
	count, err := p.versions()
	if err != nil {
		return err
	}
	if p.space(); p.done() {
		return nil
	}
	if !p.skip(";") {
		return p.unexpected(name, count)
	}
	return p.marker()
}

// unexpected returns the error for text after a name and its version conditions.
func (p *parser) unexpected(name string, conditions int) error {
	word := p.take(wordPattern)
	switch {
	case word == "":
		return fmt.Errorf(`"%s" is not expected here; remove it`, p.rest()[:1])
	case conditions == 0 && versionPattern.MatchString(word) && !p.hide:
		return fmt.Errorf(`"%s" has no operator; write %s==%s`, word, name, word)
	default:
		return fmt.Errorf(`%s is not expected here; write each package on its own line, and "," between versions`, p.quote(word))
	}
}

func (p *parser) extras() error {
	for first := true; ; first = false {
		p.space()
		if first && p.skip("]") {
			return nil
		}
		if p.take(namePattern) == "" {
			return errors.New(`the extras are not names between "[" and "]"; write them as [one,two]`)
		}
		p.space()
		if p.skip("]") {
			return nil
		}
		if !p.skip(",") {
			return errors.New(`the extras are not closed; write them as [one,two]`)
		}
	}
}

// versions checks the version conditions and returns how many there are.
func (p *parser) versions() (count int, err error) {
	bracket := p.skip("(")
	for {
		p.space()
		operator := p.take(operatorPattern)
		if operator == "" {
			break
		}
		p.space()
		if err := p.version(operator, p.take(versionText)); err != nil {
			return count, err
		}
		count++
		p.space()
		if !p.skip(",") {
			break
		}
	}
	if bracket && !p.skip(")") {
		return count, errors.New(`the "(" is never closed; add the missing ")"`)
	}
	return count, nil
}
