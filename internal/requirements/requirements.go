// Package requirements reads the text of a requirements.txt as pip would, far enough to tell before a deployment which
// line pip would refuse. It asks no index whether a package exists.
package requirements

import (
	"fmt"
	"regexp"
	"strings"
)

// Kind says what a line of a requirements file asks for.
type Kind uint8

// The kinds of lines.
const (
	Named   Kind = iota // a package by name, as PEP 508 has it: name, extras, versions or an address, marker
	Address             // a package by its URL alone
	Path                // a file or folder, such as a wheel in the zip
	Options             // settings for pip, such as --index-url
)

// Requirement is one logical line. Fields that the line does not give are empty.
type Requirement struct {
	Line       int    // of its first physical line, counted from 1
	Text       string // without comment and continuation marks; may hold credentials
	Kind       Kind
	Name       string
	Extras     []string
	Specifiers []Specifier // all must hold
	URL        string      // may hold credentials
	Path       string
	Marker     string    // the condition behind ";", not evaluated
	Settings   []Setting // the line's options; for a package those that concern it alone, such as --hash
}

// Specifier is a condition on a version, as PEP 440 has it.
type Specifier struct {
	Operator string
	Version  string
}

// Setting is an option by its long name, with its value if it takes one.
type Setting struct {
	Name  string
	Value string
}

// Error says which line pip would refuse and why. Credentials in addresses are blotted out.
type Error struct {
	File    string // as the caller named it
	Line    int    // counted from 1; 0 when no single line is to blame
	Message string // what is wrong, without the place
}

// Error puts the place in front of the message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Message)
}

// credentials matches what may stand before the host of an address. It reaches to the last "@", since a password may
// hold any character.
var credentials = regexp.MustCompile(`://\S*@`)

// Parse reads text, the content of file. The error is an [*Error] for the first line that pip would refuse.
func Parse(file string, text []byte) ([]Requirement, error) {
	content, err := decode(text)
	if err != nil {
		return nil, &Error{File: file, Message: err.Error()}
	}
	var list []Requirement
	for _, l := range logicalLines(content) {
		r, err := parseLine(l.text)
		if err != nil {
			message := fmt.Sprintf("`%s` is not a valid requirement: %v", l.text, err)
			return nil, &Error{File: file, Line: l.number, Message: credentials.ReplaceAllString(message, "://***@")}
		}
		r.Line, r.Text = l.number, l.text
		list = append(list, *r)
	}
	return list, nil
}

// optionsBehind finds the options that may follow a package.
var optionsBehind = regexp.MustCompile(`\s-`)

func parseLine(text string) (*Requirement, error) {
	if strings.HasPrefix(text, "-") {
		settings, err := parseSettings(text, lineOptions)
		return &Requirement{Kind: Options, Settings: settings}, err
	}
	var settings []Setting
	if at := optionsBehind.FindStringIndex(text); at != nil {
		var err error
		if settings, err = parseSettings(text[at[0]:], packageOptions); err != nil {
			return nil, err
		}
		text = strings.TrimSpace(text[:at[0]])
	}
	r, err := parsePackage(text)
	if err != nil {
		return nil, err
	}
	r.Settings = settings
	return r, nil
}

func parsePackage(text string) (*Requirement, error) {
	if scheme := schemeOf(text); scheme != "" {
		return parseAddress(text, scheme)
	}
	if m := pathPattern.FindStringSubmatch(text); m != nil && isPath(m[1]) {
		return parsePath(text, m)
	}
	return parseNamed(text)
}
