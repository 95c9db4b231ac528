package requirements

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var (
	schemePattern = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)
	schemes       = []string{"http", "https", "ftp", "file"}
	vcs           = []string{"git", "hg", "svn", "bzr"}
	archives      = []string{".whl", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz"}

	// pathPattern is a path, then extras, then a marker. Operators are kept out of the path, so that a mistake in a
	// package's versions is not taken for a file.
	pathPattern = regexp.MustCompile(`^([^\s<>=!\[\];,@\\]+)\s*(?:\[([^\]]*)\])?\s*(?:;(.*))?$`)
)

// schemeOf returns the scheme in front of an address, or "" when text begins with none.
func schemeOf(text string) string {
	if strings.HasPrefix(text, "file:") {
		return "file"
	}
	if m := schemePattern.FindStringSubmatch(text); m != nil {
		return strings.ToLower(m[1])
	}
	return ""
}

// parseAddress reads an address without a name. As in PEP 508 a blank must stand before the ";" of a marker, because
// an address may hold one.
func parseAddress(text, scheme string) (*Requirement, error) {
	control, _, hasTransport := strings.Cut(scheme, "+")
	if !slices.Contains(schemes, scheme) && (!hasTransport || !slices.Contains(vcs, control)) {
		return nil, fmt.Errorf(`pip cannot fetch from "%s"; use https, file or git+https`, scheme)
	}
	p := &parser{text: text}
	r := &Requirement{Kind: Address, URL: p.take(addressPattern)}
	return r, p.markerBehindAddress(r)
}

// isPath reports whether pip takes s for a file or a folder rather than for a name.
func isPath(s string) bool {
	isArchive := func(end string) bool { return strings.HasSuffix(strings.ToLower(s), end) }
	return strings.HasPrefix(s, ".") || strings.Contains(s, "/") || slices.ContainsFunc(archives, isArchive)
}

// parsePath reads a path to a wheel, another archive or a folder from what pathPattern found.
func parsePath(text string, m []string) (*Requirement, error) {
	r := &Requirement{Kind: Path, Path: m[1]}
	for extra := range strings.SplitSeq(m[2], ",") {
		if extra = strings.TrimSpace(extra); extra != "" {
			r.Extras = append(r.Extras, extra)
		}
	}
	if !strings.Contains(text, ";") {
		return r, nil
	}
	p := &parser{text: m[3]}
	return r, p.marker(r)
}

// markerBehindAddress reads what may follow an address.
func (p *parser) markerBehindAddress(r *Requirement) error {
	if p.space(); p.done() {
		return nil
	}
	if !p.skip(";") {
		return errors.New("an address holds no blanks; write %20 for a blank, or a \";\" before a marker")
	}
	return p.marker(r)
}
