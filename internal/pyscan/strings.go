package pyscan

import "strings"

// isPrefix reports whether word is a string prefix if a quote follows it.
func isPrefix(word string) bool {
	switch strings.ToLower(word) {
	case "r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt":
		return true
	default:
		return false
	}
}

// quote describes the quotes of a string.
type quote struct {
	mark string // one or three quote characters
	raw  bool   // "\" is an ordinary character, except that a quote after it does not end the string
	line int    // of the first character
}

func (q quote) triple() bool { return len(q.mark) == 3 }

func (q quote) unclosed() *Error {
	return errorAt(q.line, "the string that begins in this line is never closed; add the missing %s", q.mark)
}

func (l *lexer) atQuote() bool { return l.at(0) == '"' || l.at(0) == '\'' }

// stringLiteral reads a string. Its prefix begins at start and is already read.
func (l *lexer) stringLiteral(start int, prefix string) *Error {
	line := l.line
	k := stringToken
	if isTemplate(prefix) {
		k = templateToken
	}
	if problem := l.skipString(prefix); problem != nil {
		return problem
	}
	l.emit(k, l.src[start:l.pos], line)
	return nil
}

func isTemplate(prefix string) bool { return strings.ContainsAny(prefix, "fFtT") }

// skipString advances past the string whose opening quote is the current character.
func (l *lexer) skipString(prefix string) *Error {
	q := quote{mark: l.src[l.pos : l.pos+1], raw: strings.ContainsAny(prefix, "rR"), line: l.line}
	if triple := strings.Repeat(q.mark, 3); strings.HasPrefix(l.src[l.pos:], triple) {
		q.mark = triple
	}
	l.pos += len(q.mark)
	if isTemplate(prefix) {
		return l.skipTemplate(q)
	}
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case strings.HasPrefix(l.src[l.pos:], q.mark):
			l.pos += len(q.mark)
			return nil
		case c == '\n' && !q.triple():
			return q.unclosed()
		case c == '\\':
			l.pos++
			l.skipChar()
		default:
			l.skipChar()
		}
	}
	return q.unclosed()
}

// skipChar advances past one byte, unless it is at the end, and counts lines.
func (l *lexer) skipChar() {
	if l.pos >= len(l.src) {
		return
	}
	if l.src[l.pos] == '\n' {
		l.line++
	}
	l.pos++
}

// skipTemplate advances past an f-string or t-string after its opening quote. Its fields contain code, and since Python 3.12
// that code can contain any string, also one with the same quotes.
func (l *lexer) skipTemplate(q quote) *Error {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case strings.HasPrefix(l.src[l.pos:], q.mark):
			l.pos += len(q.mark)
			return nil
		case c == '\n' && !q.triple():
			return q.unclosed()
		case c == '\\':
			l.skipEscape(q)
		case strings.HasPrefix(l.src[l.pos:], "{{"):
			l.pos += 2
		case c == '{':
			if problem := l.skipField(q); problem != nil {
				return problem
			}
		default:
			l.skipChar()
		}
	}
	return q.unclosed()
}

// skipEscape advances past a "\" in a template and the character that it escapes. It does not escape braces, except in
// "\N{…}".
func (l *lexer) skipEscape(q quote) {
	l.pos++
	switch c := l.at(0); {
	case c == '{' || c == '}':
	case c == 'N' && l.at(1) == '{' && !q.raw:
		if end := strings.IndexByte(l.src[l.pos:], '}'); end >= 0 {
			l.pos += end
		}
		l.pos++
	default:
		l.skipChar()
	}
}

// skipField advances past a field of a template, from its "{" to its "}".
func (l *lexer) skipField(q quote) *Error {
	line := l.line
	l.pos++
	depth := 0
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '}' && depth == 0:
			l.pos++
			return nil
		case c == ':' && depth == 0:
			l.pos++
			if problem := l.skipSpec(q); problem != nil {
				return problem
			}
		case l.atQuote():
			if problem := l.skipString(""); problem != nil {
				return problem
			}
		case isNameByte(c):
			if word := l.word(); l.atQuote() && isPrefix(word) {
				if problem := l.skipString(word); problem != nil {
					return problem
				}
			}
		case c == '#':
			l.skipComment()
		default:
			depth += nesting(c)
			l.skipChar()
		}
	}
	return errorAt(line, `a "{" in the string in this line is never closed; add the missing "}", or write "{{"`)
}

func nesting(c byte) int {
	switch c {
	case '(', '[', '{':
		return 1
	case ')', ']', '}':
		return -1
	default:
		return 0
	}
}

// skipSpec advances through the format specification of a field to the "}" of the field. Unless the string is
// triple-quoted, it also stops at the end of the line, because Python continues there with code.
func (l *lexer) skipSpec(q quote) *Error {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '}' || c == '\n' && !q.triple():
			return nil
		case strings.HasPrefix(l.src[l.pos:], q.mark):
			return errorAt(l.line, `a "{" in the string in this line is never closed; add the missing "}", or write "{{"`)
		case c == '\\':
			l.skipEscape(q)
		case c == '{':
			if problem := l.skipField(q); problem != nil {
				return problem
			}
		default:
			l.skipChar()
		}
	}
	return q.unclosed()
}
