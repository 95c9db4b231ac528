package pyscan

import (
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	nameToken kind = iota
	numberToken
	stringToken   // string or bytes, with prefix and quotes
	templateToken // f-string or t-string, with its fields
	opToken
	newlineToken // end of a logical line
	indentToken
	dedentToken
	endToken
)

type token struct {
	kind kind
	text string // as in the source
	line int    // of its first character, counted from 1
}

func (t token) is(op string) bool    { return t.kind == opToken && t.text == op }
func (t token) isName(n string) bool { return t.kind == nameToken && t.text == n }
func (t token) opens() bool          { return t.kind == opToken && strings.Contains("([{", t.text) }
func (t token) closes() bool         { return t.kind == opToken && strings.Contains(")]}", t.text) }

// operators lists the operators of more than one character, longest first.
var operators = []string{
	"**=", "//=", ">>=", "<<=", "...",
	":=", "->", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "**", "//", "<<", ">>",
}

const singleOperators = "()[]{}:,;.=+-*/%&|^~<>@"

type bracket struct {
	char byte
	line int
}

type lexer struct {
	src     string
	pos     int
	line    int
	indents []indent  // of the enclosing blocks; never empty, the first is column 0
	open    []bracket // brackets not yet closed
	tokens  []token
}

// tokenize splits src into tokens. The last one is an endToken. The line ends of src must be "\n".
func tokenize(src string) ([]token, *Error) {
	l := &lexer{src: src, line: 1, indents: []indent{{}}}
	for l.pos < len(l.src) {
		step := l.scan
		if l.atLineStart() {
			step = l.indentation
		}
		if problem := step(); problem != nil {
			return nil, problem
		}
	}
	if n := len(l.open); n > 0 {
		b := l.open[n-1]
		return nil, errorAt(b.line, `the "%c" in this line is never closed; add the missing "%c"`, b.char, closing[b.char])
	}
	if !l.atLineStart() {
		l.emit(newlineToken, "", l.line)
	}
	for range l.indents[1:] {
		l.emit(dedentToken, "", l.line)
	}
	l.emit(endToken, "", l.line)
	return l.tokens, nil
}

var closing = map[byte]byte{'(': ')', '[': ']', '{': '}'}

func (l *lexer) emit(k kind, text string, line int) {
	l.tokens = append(l.tokens, token{k, text, line})
}

// atLineStart reports whether a new logical line begins at the current position.
func (l *lexer) atLineStart() bool {
	return len(l.open) == 0 && (len(l.tokens) == 0 || l.tokens[len(l.tokens)-1].kind == newlineToken)
}

// scan reads one token, a comment, or one character of white space.
func (l *lexer) scan() *Error {
	start, line := l.pos, l.line
	c := l.src[l.pos]
	switch {
	case c == ' ' || c == '\t' || c == '\f':
		l.pos++
	case c == '\n':
		l.pos++
		l.line++
		if len(l.open) == 0 {
			l.emit(newlineToken, "", line)
		}
	case c == '#':
		l.skipComment()
	case c == '\\':
		return l.continuation()
	case c == '"' || c == '\'':
		return l.stringLiteral(start, "")
	case isDigit(c) || c == '.' && isDigit(l.at(1)):
		for isDigit(l.at(0)) || isNameByte(l.at(0)) || l.at(0) == '.' {
			l.pos++
		}
		l.emit(numberToken, l.src[start:l.pos], line)
	case isNameByte(c):
		return l.name()
	default:
		return l.operator()
	}
	return nil
}

// at returns the byte at the given offset from the current position, or 0 after the end.
func (l *lexer) at(offset int) byte {
	if l.pos+offset < len(l.src) {
		return l.src[l.pos+offset]
	}
	return 0
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func (l *lexer) skipComment() {
	for l.pos < len(l.src) && l.src[l.pos] != '\n' {
		l.pos++
	}
}

func (l *lexer) continuation() *Error {
	if l.at(1) != '\n' {
		return errorAt(l.line, `a "\" that continues a line must be its last character; remove the "\" or the characters after it`)
	}
	l.pos += 2
	l.line++
	return nil
}

// word reads the characters of a name. The current character must be one.
func (l *lexer) word() string {
	start := l.pos
	for isNameByte(l.at(0)) || isDigit(l.at(0)) {
		l.pos++
	}
	return l.src[start:l.pos]
}

func (l *lexer) name() *Error {
	start := l.pos
	word := l.word()
	if l.atQuote() && isPrefix(word) {
		return l.stringLiteral(start, word)
	}
	for _, r := range word {
		if invalidInName(r) {
			return errorAt(l.line, "the character %q (%U) is not valid in Python code; replace it with the ASCII character", r, r)
		}
	}
	l.emit(nameToken, word, l.line)
	return nil
}

func (l *lexer) operator() *Error {
	rest := l.src[l.pos:]
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			l.emit(opToken, op, l.line)
			l.pos += len(op)
			return nil
		}
	}
	c := rest[0]
	if strings.IndexByte(singleOperators, c) < 0 {
		return errorAt(l.line, "the character %q is not valid here in Python code; remove it", c)
	}
	switch c {
	case '(', '[', '{':
		l.open = append(l.open, bracket{c, l.line})
	case ')', ']', '}':
		if problem := l.closeBracket(c); problem != nil {
			return problem
		}
	}
	l.emit(opToken, rest[:1], l.line)
	l.pos++
	return nil
}

func (l *lexer) closeBracket(c byte) *Error {
	if len(l.open) == 0 {
		return errorAt(l.line, `the "%c" in this line closes no bracket; remove it or add the opening bracket`, c)
	}
	b := l.open[len(l.open)-1]
	if closing[b.char] != c {
		return errorAt(l.line, `the "%c" in this line does not match the "%c" in line %d; correct one of them`, c, b.char, b.line)
	}
	l.open = l.open[:len(l.open)-1]
	return nil
}
