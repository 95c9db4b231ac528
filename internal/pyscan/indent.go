package pyscan

// indent is the width of a line's leading blanks, counted twice: with a tab reaching to the next multiple of 8, and
// with a tab as wide as a space. Python compares both, so that no mixture of tabs and spaces depends on the editor.
type indent struct {
	wide   int
	narrow int
}

// indentation reads the blanks at the start of a line and tells by tokens how the line is nested. Lines without code
// say nothing about nesting and are skipped.
func (l *lexer) indentation() *Error {
	in, problem := l.blanks()
	if problem != nil {
		return problem
	}
	switch l.at(0) {
	case '#':
		l.skipComment()
		l.newline()
		return nil
	case '\n', 0:
		l.newline()
		return nil
	}
	top := l.indents[len(l.indents)-1]
	switch {
	case in == top:
		return l.scan()
	case in.wide > top.wide && in.narrow > top.narrow:
		l.indents = append(l.indents, in)
		l.emit(indentToken, "", l.line)
		return l.scan()
	case in.wide < top.wide:
		if problem := l.dedent(in); problem != nil {
			return problem
		}
		return l.scan()
	default:
		return errorAt(l.line, "tabs and spaces are mixed so that the nesting is not clear; indent with spaces only")
	}
}

func (l *lexer) newline() {
	if l.at(0) == '\n' {
		l.pos++
		l.line++
	}
}

// blanks reads leading white space. A "\" that continues the line keeps the width that stood before the first one.
func (l *lexer) blanks() (indent, *Error) {
	var in, kept indent
	for {
		switch l.at(0) {
		case ' ':
			in.wide++
			in.narrow++
		case '\t':
			in.wide = (in.wide/8 + 1) * 8
			in.narrow++
		case '\f':
			in = indent{}
		case '\\':
			if kept == (indent{}) {
				kept = in
			}
			if problem := l.continuation(); problem != nil {
				return in, problem
			}
			continue
		default:
			if kept != (indent{}) {
				in = kept
			}
			return in, nil
		}
		l.pos++
	}
}

func (l *lexer) dedent(in indent) *Error {
	for in.wide < l.indents[len(l.indents)-1].wide {
		l.indents = l.indents[:len(l.indents)-1]
		l.emit(dedentToken, "", l.line)
	}
	switch top := l.indents[len(l.indents)-1]; {
	case in.wide != top.wide:
		return errorAt(l.line, "the indentation fits no line above; line it up with the block that it belongs to")
	case in.narrow != top.narrow:
		return errorAt(l.line, "tabs and spaces are mixed so that the nesting is not clear; indent with spaces only")
	}
	return nil
}
