package pyscan

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// codingComment is the comment by which one of the first two lines of a Python file may name another encoding.
var codingComment = regexp.MustCompile(`^[ \t\f]*#.*?coding[:=][ \t]*[-_.a-zA-Z0-9]+`)

// checkEncoding refuses bytes that cannot be Python source. A file that names an encoding of its own is let through:
// the tokens that matter here are ASCII in every encoding that Python accepts for source.
func checkEncoding(src []byte) *Error {
	if i := bytes.IndexByte(src, 0); i >= 0 {
		return errorAt(lineOf(src, i), "the file holds a null byte; save it as plain UTF-8 text")
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
	return errorAt(lineOf(src, firstInvalid(src)), "the file is not UTF-8; save it as UTF-8")
}

func firstInvalid(src []byte) int {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(src)
}

func lineOf(src []byte, offset int) int {
	return 1 + bytes.Count(src[:offset], []byte("\n"))
}

// strayRune reports whether r, met outside strings and comments, can be no part of a Python name. Only classes that
// hold no identifier character are listed: pasted curly quotes, dashes and no-break spaces fall in them.
func strayRune(r rune) bool {
	return unicode.In(r, unicode.Pi, unicode.Pf, unicode.Ps, unicode.Pe, unicode.Pd, unicode.Zs)
}
