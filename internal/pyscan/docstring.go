package pyscan

import (
	"strconv"
	"strings"
)

// Line is a line of a docstring.
type Line struct {
	Number int    // the line of the file, counted from 1
	Text   string // decoded
}

// The lines before and after the requirements in a docstring.
const (
	openRequirements  = "[requirements]"
	closeRequirements = "[/requirements]"
)

// Requirements returns the lines between [requirements] and [/requirements] in the docstring of the top-level function
// handle. If that docstring has no requirements, it returns those in the docstring of the file. White space around lines,
// empty lines and comments are removed. A non-nil error is an [*Error]: Python cannot read the file, or the line
// [/requirements] is missing.
func Requirements(src []byte) ([]Line, error) {
	m, problem := scan(src)
	if problem != nil {
		return nil, problem
	}
	for _, doc := range [][]token{m.handleDoc(), m.doc} {
		lines, found, problem := requirementLines(docLines(doc))
		if problem != nil {
			return nil, problem
		}
		if found {
			return lines, nil
		}
	}
	return nil, nil
}

func (m *module) handleDoc() []token {
	if b := m.lastBinding(entry); b != nil && b.function != nil {
		return b.function.doc
	}
	return nil
}

func requirementLines(doc []Line) (lines []Line, found bool, problem *Error) {
	opened := 0
	for _, l := range doc {
		text := strings.TrimSpace(l.Text)
		switch {
		case opened == 0 && text == openRequirements:
			opened = l.Number
		case opened == 0:
		case text == closeRequirements:
			return lines, true, nil
		case text != "" && !strings.HasPrefix(text, "#"):
			lines = append(lines, Line{l.Number, text})
		}
	}
	if opened > 0 {
		return nil, false, errorAt(opened, "%s is never closed; add a line %s", openRequirements, closeRequirements)
	}
	return nil, false, nil
}

// docstringAt returns the string tokens of the docstring at the start of s, or nil if s does not begin with a docstring.
func docstringAt(s []token) []token {
	brackets := 0
	for brackets < len(s) && s[brackets].is("(") {
		brackets++
	}
	i := brackets
	for i < len(s) && s[i].kind == stringToken && !strings.ContainsAny(prefixOf(s[i].text), "bB") {
		i++
	}
	doc := s[brackets:i]
	for i < len(s) && brackets > 0 && s[i].is(")") {
		brackets--
		i++
	}
	if len(doc) == 0 || brackets > 0 || i < len(s) && s[i].kind != newlineToken && !s[i].is(";") {
		return nil
	}
	return doc
}

func prefixOf(text string) string { return text[:strings.IndexAny(text, `'"`)] }

// docLines decodes and joins the strings of a docstring, as Python does, and splits the result into lines.
func docLines(doc []token) []Line {
	if len(doc) == 0 {
		return nil
	}
	d := &decoder{line: doc[0].line, lines: []Line{{Number: doc[0].line}}}
	for _, t := range doc {
		prefix := prefixOf(t.text)
		body := t.text[len(prefix):]
		mark := body[:1]
		if len(body) >= 6 && strings.HasPrefix(body, strings.Repeat(mark, 3)) {
			mark = strings.Repeat(mark, 3)
		}
		d.line = t.line
		d.decode(body[len(mark):len(body)-len(mark)], strings.ContainsAny(prefix, "rR"))
	}
	d.endLine()
	return d.lines
}

// decoder decodes the body of a string into lines and records the source line of each. The line counts can differ: a "\" at
// the end of a source line joins two source lines, and the escape sequence "\n" splits one.
type decoder struct {
	line  int // current line of the source
	text  strings.Builder
	lines []Line
}

func (d *decoder) endLine() {
	d.lines[len(d.lines)-1].Text = d.text.String()
	d.text.Reset()
}

func (d *decoder) write(s string) {
	for i, part := range strings.Split(s, "\n") {
		if i > 0 {
			d.endLine()
			d.lines = append(d.lines, Line{Number: d.line})
		}
		d.text.WriteString(part)
	}
}

func (d *decoder) decode(body string, raw bool) {
	for body != "" {
		switch {
		case body[0] == '\n':
			d.line++
			d.write("\n")
			body = body[1:]
		case body[0] == '\\' && !raw && len(body) > 1:
			body = body[d.escape(body):]
		default:
			d.text.WriteByte(body[0])
			body = body[1:]
		}
	}
}

var plainEscapes = map[byte]string{
	'\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape writes the value of the escape sequence at the start of body and returns the length of the sequence. It copies
// sequences that Python does not define and names of characters ("\N{…}") unchanged.
func (d *decoder) escape(body string) int {
	c := body[1]
	if c == '\n' {
		d.line++
		return 2
	}
	if value, ok := plainEscapes[c]; ok {
		d.write(value)
		return 2
	}
	start, digits, base := 2, 0, 16
	switch {
	case c == 'x':
		digits = 2
	case c == 'u':
		digits = 4
	case c == 'U':
		digits = 8
	case '0' <= c && c <= '7':
		start, digits, base = 1, 1, 8
		for digits < 3 && start+digits < len(body) && '0' <= body[start+digits] && body[start+digits] <= '7' {
			digits++
		}
	}
	if digits > 0 && start+digits <= len(body) {
		if value, err := strconv.ParseInt(body[start:start+digits], base, 32); err == nil {
			d.write(string(rune(value)))
			return start + digits
		}
	}
	d.text.WriteString(body[:2])
	return 2
}
