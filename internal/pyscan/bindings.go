package pyscan

import "slices"

func (p *parser) bind(names ...token) {
	for _, n := range names {
		p.module.bindings = append(p.module.bindings, binding{name: n.text, line: n.line})
	}
}

// bindHeader records the names that the header of a compound statement binds. body is the rest of the line.
func (p *parser) bindHeader(keyword string, head, body []token) {
	p.bind(walruses(head)...)
	switch keyword {
	case "def":
		p.bindFunction(head, body)
	case "class":
		p.bind(head[1:min(2, len(head))]...)
	case "for":
		start := slices.IndexFunc(head, func(t token) bool { return t.isName("for") }) + 1
		if end := outside(head, start, func(t token) bool { return t.isName("in") }); end < len(head) {
			p.bind(targets(head[start:end])...)
		}
	case "with":
		for i, t := range head {
			if t.isName("as") {
				end := outside(head, i+1, func(t token) bool { return t.is(",") })
				p.bind(targets(head[i+1 : end])...)
			}
		}
	}
}

func (p *parser) bindFunction(head, body []token) {
	async := head[0].text == "async"
	if async {
		head = head[1:]
	}
	if len(head) < 2 {
		return
	}
	f := &function{name: head[1].text, line: head[0].line, async: async, params: params(head[2:])}
	if len(body) == 0 {
		body = p.tokens[min(p.pos+1, len(p.tokens)):] // after the indent token
	}
	f.doc = docstringAt(body)
	p.module.functions = append(p.module.functions, *f)
	p.module.bindings = append(p.module.bindings, binding{name: f.name, line: f.line, function: f})
}

func (p *parser) simpleStatements(line []token) {
	for start := 0; start < len(line); {
		end := outside(line, start, func(t token) bool { return t.is(";") })
		if end > start {
			p.simpleStatement(line[start:end])
		}
		start = end + 1
	}
}

func (p *parser) simpleStatement(s []token) {
	switch {
	case s[0].is("@"): // a decorator; the next line has the def
	case s[0].isName("import"):
		p.bindImports(s[1:])
	case s[0].isName("from"):
		p.bindFrom(s)
	case s[0].isName("del"):
		for _, t := range targets(s[1:]) {
			p.module.bindings = append(p.module.bindings, binding{name: t.text, line: t.line, removed: true})
		}
	case s[0].isName("type") && len(s) > 2 && s[1].kind == nameToken && outsideOp(s, 2, "=") < len(s):
		p.bind(s[1])
	default:
		p.bind(walruses(s)...)
		p.bindAssignment(s)
	}
}

// bindAssignment records the names bound by "a = b = value", "a: T = value" and "a += value". An annotation without a
// value binds no name.
func (p *parser) bindAssignment(s []token) {
	if colon := headerColon(s); colon > 0 {
		if outsideOp(s, colon, "=") < len(s) {
			p.bind(targets(s[:colon])...)
		}
		return
	}
	for start := 0; start < len(s); {
		end := outside(s, start, isAssignment)
		if end == len(s) {
			return
		}
		p.bind(targets(s[start:end])...)
		start = end + 1
	}
}

func isAssignment(t token) bool {
	if t.kind != opToken || t.text[len(t.text)-1] != '=' {
		return false
	}
	switch t.text {
	case "==", "!=", "<=", ">=", ":=":
		return false
	default:
		return true
	}
}

// bindImports records the names bound by the list after "import": "a.b, c as d" binds a and d.
func (p *parser) bindImports(s []token) {
	for start := 0; start < len(s); {
		end := outsideOp(s, start, ",")
		if item := s[start:end]; len(item) > 2 && item[len(item)-2].isName("as") {
			p.bind(item[len(item)-1])
		} else if len(item) > 0 {
			p.bind(item[0])
		}
		start = end + 1
	}
}

// bindFrom records the names bound by "from m import a, b as c", with or without brackets, and by "from m import *".
func (p *parser) bindFrom(s []token) {
	start := slices.IndexFunc(s, func(t token) bool { return t.isName("import") }) + 1
	if start == 0 {
		return
	}
	names := s[start:]
	if len(names) > 0 && names[0].is("*") {
		p.module.star = true
		return
	}
	names = slices.DeleteFunc(slices.Clone(names), func(t token) bool { return t.is("(") || t.is(")") })
	p.bindImports(names)
}

// outside returns the index of the first token from start on that matches and is not inside brackets. It stops at a bracket
// that closes one opened before start. It returns len(s) if there is neither.
func outside(s []token, start int, matches func(token) bool) int {
	depth := 0
	for i := start; i < len(s); i++ {
		switch t := s[i]; {
		case depth == 0 && (matches(t) || t.closes()):
			return i
		case t.opens():
			depth++
		case t.closes():
			depth--
		}
	}
	return len(s)
}

func outsideOp(s []token, start int, op string) int {
	return outside(s, start, func(t token) bool { return t.is(op) })
}

// targets returns the names that an assignment to the expression s binds. Attributes, subscripts and calls bind no name.
func targets(s []token) []token {
	var names []token
	for i := 0; i < len(s); i++ {
		t := s[i]
		switch {
		case t.opens() && i > 0 && endsOperand(s[i-1]):
			i = outside(s, i+1, func(token) bool { return false })
		case t.kind != nameToken, i > 0 && s[i-1].is("."), i+1 < len(s) && continuesOperand(s[i+1]):
		default:
			names = append(names, t)
		}
	}
	return names
}

// endsOperand reports whether a bracket after t begins a call or a subscript, not a group.
func endsOperand(t token) bool { return t.closes() || t.kind < opToken }

func continuesOperand(t token) bool { return t.is(".") || t.is("(") || t.is("[") }

// walruses returns the names bound by ":=" in s.
func walruses(s []token) []token {
	var names []token
	for i, t := range s {
		if i > 0 && t.is(":=") && s[i-1].kind == nameToken {
			names = append(names, s[i-1])
		}
	}
	return names
}
