package pyscan

import (
	"bytes"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// codingComment matches the comment in the first two lines of a Python file that declares another encoding.
var codingComment = regexp.MustCompile(`^[ \t\f]*#.*?coding[:=][ \t]*[-_.a-zA-Z0-9]+`)

// checkEncoding rejects bytes that cannot be Python source. It accepts files that declare another encoding, because the
// tokens that the scanner needs are ASCII in every encoding that Python accepts for source.
func checkEncoding(src []byte) *Error {
	if before, _, found := bytes.Cut(src, []byte{0}); found {
		return errorAt(1+bytes.Count(before, []byte("\n")), "the file contains a null byte; save it as UTF-8 text")
	}
	if utf8.Valid(src) {
		return nil
	}
	rest := src
	for range 2 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if codingComment.Match(line) {
			return nil
		}
		rest = after
	}
	invalid := slices.IndexFunc(bytes.Split(src, []byte("\n")), func(line []byte) bool { return !utf8.Valid(line) })
	return errorAt(1+invalid, "the file is not UTF-8; save it as UTF-8")
}

// invalidInName reports whether r cannot be part of a Python name. It covers only Unicode categories without identifier
// characters. They include the curly quotes, dashes and no-break spaces of text that was copied from a document.
func invalidInName(r rune) bool {
	return unicode.In(r, unicode.Pi, unicode.Pf, unicode.Ps, unicode.Pe, unicode.Pd, unicode.Zs)
}
