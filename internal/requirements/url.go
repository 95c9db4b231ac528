package requirements

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

var (
	schemePattern = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	anyScheme     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
	urlPattern    = regexp.MustCompile(`^\S+`)

	schemes  = []string{"http", "https", "ftp", "file"}
	vcs      = []string{"git", "hg", "svn", "bzr"}
	archives = []string{".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz"}

	// pathPattern matches a path, then extras, then a marker. The path contains no operators, so that an invalid version
	// condition is not mistaken for a path.
	pathPattern = regexp.MustCompile(`^([^\s<>=!\[\];,@\\]+)\s*(?:\[[^\]]*\])?\s*(;.*)?$`)
)

// schemeOf returns the scheme of the URL that text begins with, or "" if it does not begin with a URL.
func schemeOf(text string) string {
	if strings.HasPrefix(text, "file:") {
		return "file"
	}
	if m := schemePattern.FindStringSubmatch(text); m != nil {
		return strings.ToLower(m[1])
	}
	return ""
}

// url checks a URL without a package name.
func (p *parser) url(scheme string) error {
	control, _, hasTransport := strings.Cut(scheme, "+")
	if !slices.Contains(schemes, scheme) && (!hasTransport || !slices.Contains(vcs, control)) {
		return errors.New("pip does not support the scheme of this URL; use https, file or git+https")
	}
	p.take(urlPattern)
	return p.markerAfterURL()
}

// namedURL checks the URL after "name @".
func (p *parser) namedURL() error {
	p.space()
	switch url := p.take(urlPattern); {
	case url == "":
		return errors.New(`there is no URL after the "@"; add it`)
	case !anyScheme.MatchString(url):
		return errors.New(`the "@" is not followed by a URL; write one that begins with file: or https://`)
	}
	return p.markerAfterURL()
}

// markerAfterURL checks the optional marker after a URL. As in PEP 508, white space must separate them, because a URL may
// contain ";".
func (p *parser) markerAfterURL() error {
	if p.space(); p.done() {
		return nil
	}
	if !p.skip(";") {
		return errors.New(`a URL cannot contain spaces; write %20 for a space, or ";" before a marker`)
	}
	return p.marker()
}

// isPath reports whether pip reads s as the path of an archive or a directory, not as a package name.
func isPath(s string) bool {
	isArchive := func(extension string) bool { return strings.HasSuffix(strings.ToLower(s), extension) }
	return strings.HasPrefix(s, ".") || strings.Contains(s, "/") || slices.ContainsFunc(archives, isArchive)
}

// path checks the marker after a path, which is "" or begins with ";".
func (p *parser) path(marker string) error {
	p.pos = len(p.text) - len(marker)
	if !p.skip(";") {
		return nil
	}
	return p.marker()
}
