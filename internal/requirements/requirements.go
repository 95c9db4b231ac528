// Package requirements checks a requirements.txt for lines that pip rejects. It needs no Python and no network, and does
// not check whether a package exists.
//
// Lines may contain credentials, for example in the URL of a package index. [Error] quotes only lines that contain neither
// a URL nor an option nor an assignment such as token=….
package requirements

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/cogfn/cogfn/internal/lineerror"
)

// Error describes the first line that pip rejects.
type Error = lineerror.Error

// Check checks the content of a requirements file. A non-nil error is an [*Error] for the first line that pip rejects.
func Check(content []byte) error {
	text, err := decode(content)
	if err != nil {
		return &Error{Message: err.Error()}
	}
	for _, l := range logicalLines(text) {
		if err := checkLine(l.text); err != nil {
			subject := "this line"
			if !mayContainCredentials(l.text) {
				subject = "`" + l.text + "`"
			}
			return &Error{Line: l.number, Message: fmt.Sprintf("%s is not a valid requirement: %v", subject, err)}
		}
	}
	return nil
}

// nameAndVersions matches text without the characters that occur in URLs, their user names and their queries.
var nameAndVersions = regexp.MustCompile(`^[^:/@?&%#$]*$`)

// assignedSecret matches an assignment such as token=x, but not a version condition such as keyring==1 or keyring=>1.
var assignedSecret = regexp.MustCompile(`(?i)(?:token|pass(?:word|wd)?|pwd|secret|key|auth|sig(?:nature)?|credentials?)\s*=\s*[^=<>~!\s]`)

// mayContainCredentials reports whether an error must not quote any part of the line. It checks the whole line, because a
// credential with a space consists of several words, of which only one may contain a character of a URL.
func mayContainCredentials(line string) bool {
	return strings.HasPrefix(line, "-") || optionStart.MatchString(line) ||
		!nameAndVersions.MatchString(line) || assignedSecret.MatchString(line)
}

// optionStart matches where the options after a package begin.
var optionStart = regexp.MustCompile(`\s-`)

func checkLine(line string) error {
	if strings.HasPrefix(line, "-") {
		return checkOptions(line, lineOptions)
	}
	p := &parser{text: line, hide: mayContainCredentials(line)}
	if at := optionStart.FindStringIndex(line); at != nil {
		if err := checkOptions(line[at[0]:], packageOptions); err != nil {
			return err
		}
		p.text = strings.TrimSpace(line[:at[0]])
	}
	return p.requirement()
}

// requirement checks a package that is given by its URL, its path or its name.
func (p *parser) requirement() error {
	if scheme := schemeOf(p.text); scheme != "" {
		return p.url(scheme)
	}
	if m := pathPattern.FindStringSubmatch(p.text); m != nil && isPath(m[1]) {
		return p.path(m[2])
	}
	return p.named()
}
