package pyscan

import (
	"strconv"
	"strings"
)

// Line is a line of a docstring and its place in the file.
type Line struct {
	Number int // counted from 1
	Text   string
}

// The marks that enclose the requirements in a docstring, each on a line of its own.
const (
	openRequirements  = "[requirements]"
	closeRequirements = "[/requirements]"
)

// Docstring returns the docstring of the top-level function handle as Python would have it, or "" when there is none.
// The error is an [*Error] without a file name when the source cannot be scanned.
func Docstring(src []byte) (string, error) {
	m, problem := scan(src)
	if problem != nil {
		return "", problem
	}
	return joinLines(docLines(m.handleDoc())), nil
}

// Requirements returns the lines between [requirements] and [/requirements] in the docstring of the top-level function
// handle or, when that has none, of the file: trimmed, without blank lines and comments. The error is an [*Error]
// without a file name when the source cannot be scanned or the list has no end.
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
		return nil, false, errorAt(opened, "%s has no end; add a line %s", openRequirements, closeRequirements)
	}
	return nil, false, nil
}

// docstringAt returns the strings of the docstring with which s begins, or nil when it begins with anything else.
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

func joinLines(lines []Line) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.Text
	}
	return strings.Join(texts, "\n")
}

// docLines decodes the strings of a docstring, which Python joins, and splits them into lines.
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

// decoder turns the body of a string as written into its value, line by line, and remembers where each line was
// written: an escaped line end writes two lines as one, and "\n" one as two.
type decoder struct {
	line  int // of the source
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

// escape writes the value of the escape with which body begins and returns its length. What Python does not know as an
// escape, and names of characters ("\N{…}"), are kept as written.
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
