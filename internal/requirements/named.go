package requirements

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	namePattern    = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?`)
	addressPattern = regexp.MustCompile(`^\S+`)
	versionText    = regexp.MustCompile(`^[^\s,;)]+`)
	wordPattern    = regexp.MustCompile(`^[^\s,;()\[\]]+`)
	anyScheme      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
)

// parser walks over the text of one requirement.
type parser struct {
	text string
	pos  int
}

func (p *parser) rest() string { return p.text[p.pos:] }
func (p *parser) done() bool   { return p.pos == len(p.text) }

func (p *parser) space() {
	p.pos = len(p.text) - len(strings.TrimLeft(p.rest(), " \t"))
}

// skip moves behind s if it comes next.
func (p *parser) skip(s string) bool {
	if !strings.HasPrefix(p.rest(), s) {
		return false
	}
	p.pos += len(s)
	return true
}

// take moves behind the text that the anchored pattern matches and returns it, or "".
func (p *parser) take(pattern *regexp.Regexp) string {
	s := pattern.FindString(p.rest())
	p.pos += len(s)
	return s
}

// parseNamed reads a requirement as PEP 508 defines it.
func parseNamed(text string) (*Requirement, error) {
	p := &parser{text: text}
	r := &Requirement{Kind: Named, Name: p.take(namePattern)}
	if r.Name == "" {
		return nil, errors.New("it does not begin with the name of a package; write the name first")
	}
	p.space()
	if p.skip("[") {
		if err := p.extras(r); err != nil {
			return nil, err
		}
		p.space()
	}
	if p.skip("@") {
		return r, p.address(r)
	}
	if err := p.versions(r); err != nil {
		return nil, err
	}
	if p.space(); p.done() {
		return r, nil
	}
	if !p.skip(";") {
		return nil, p.unexpected(r)
	}
	return r, p.marker(r)
}

// unexpected says what is wrong with the text behind a name and its versions.
func (p *parser) unexpected(r *Requirement) error {
	word := p.take(wordPattern)
	switch {
	case word == "":
		return fmt.Errorf(`"%s" is not expected; remove it`, p.rest()[:1])
	case len(r.Specifiers) == 0 && versionPattern.MatchString(word):
		return fmt.Errorf(`"%s" has no operator; write %s==%s`, word, r.Name, word)
	default:
		return fmt.Errorf(`"%s" is not expected; put each package on a line of its own and a "," between versions`, word)
	}
}

func (p *parser) extras(r *Requirement) error {
	for {
		p.space()
		if len(r.Extras) == 0 && p.skip("]") {
			return nil
		}
		extra := p.take(namePattern)
		if extra == "" {
			return errors.New(`the extras are not names between "[" and "]"; write them as [one,two]`)
		}
		r.Extras = append(r.Extras, extra)
		p.space()
		if p.skip("]") {
			return nil
		}
		if !p.skip(",") {
			return errors.New(`the extras are not closed; write them as [one,two]`)
		}
	}
}

func (p *parser) address(r *Requirement) error {
	p.space()
	r.URL = p.take(addressPattern)
	switch {
	case r.URL == "":
		return errors.New(`no address follows the "@"; add it`)
	case !anyScheme.MatchString(r.URL):
		return errors.New(`what follows the "@" is no address; begin it with file: or https://`)
	}
	return p.markerBehindAddress(r)
}

func (p *parser) versions(r *Requirement) error {
	bracket := p.skip("(")
	for {
		p.space()
		op := p.take(operatorPattern)
		if op == "" {
			break
		}
		p.space()
		s := Specifier{op, p.take(versionText)}
		if err := s.check(); err != nil {
			return err
		}
		r.Specifiers = append(r.Specifiers, s)
		p.space()
		if !p.skip(",") {
			break
		}
	}
	if bracket && !p.skip(")") {
		return errors.New(`the "(" is never closed; add the missing ")"`)
	}
	return nil
}
