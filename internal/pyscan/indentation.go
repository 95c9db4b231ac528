package pyscan

// indent is the width of the white space at the start of a line, for two widths of a tab. Python compares both and rejects
// lines whose nesting depends on the width of a tab.
type indent struct {
	wide   int // a tab advances to the next multiple of 8
	narrow int // a tab is as wide as a space
}

// indentation reads the white space at the start of a line and emits indent and dedent tokens. It skips lines without code,
// whose indentation has no meaning.
func (l *lexer) indentation() *Error {
	in, problem := l.whiteSpace()
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
		return errorAt(l.line, "the nesting depends on the width of a tab; indent with spaces only")
	}
}

func (l *lexer) newline() {
	if l.at(0) == '\n' {
		l.pos++
		l.line++
	}
}

// whiteSpace reads leading white space. If the line is continued by "\", the width before the first "\" counts.
func (l *lexer) whiteSpace() (indent, *Error) {
	var in, first indent
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
			if first == (indent{}) {
				first = in
			}
			if problem := l.continuation(); problem != nil {
				return in, problem
			}
			continue
		default:
			if first != (indent{}) {
				in = first
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
		return errorAt(l.line, "the indentation matches no line above; indent the line like the block that it belongs to")
	case in.narrow != top.narrow:
		return errorAt(l.line, "the nesting depends on the width of a tab; indent with spaces only")
	}
	return nil
}
