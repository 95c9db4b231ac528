package pyscan

import "slices"

// module describes the top level of a file. Blocks of if, try, with, for, while and match belong to the top level, the
// bodies of functions and classes do not.
type module struct {
	bindings  []binding  // in the order of the file
	functions []function // in the order of the file
	star      bool       // the file has "from … import *", which can bind any name
	doc       []token    // the strings of the docstring
}

// binding is a statement that binds or unbinds a name.
type binding struct {
	name     string
	line     int
	function *function // nil unless the statement is a def
	removed  bool      // the statement is a del
}

// function is a def at top level.
type function struct {
	name   string
	line   int
	async  bool
	params []param
	doc    []token
}

// block is an indented suite of statements.
type block struct {
	top   bool // its names are names of the module
	match bool // it contains the cases of a match statement
}

type parser struct {
	tokens []token
	pos    int
	blocks []block // never empty; the first is the file
	module module
}

func parse(tokens []token) (*module, *Error) {
	p := &parser{tokens: tokens, blocks: []block{{top: true}}}
	p.module.doc = docstringAt(tokens)
	for {
		switch t := p.tokens[p.pos]; t.kind {
		case endToken:
			return &p.module, nil
		case dedentToken:
			p.blocks = p.blocks[:len(p.blocks)-1]
			p.pos++
		case indentToken:
			return nil, errorAt(t.line, "unexpected indentation; indent the line like the line above")
		default:
			if problem := p.statement(p.logicalLine()); problem != nil {
				return nil, problem
			}
		}
	}
}

// logicalLine returns the tokens up to the next newline token and advances past it.
func (p *parser) logicalLine() []token {
	length := slices.IndexFunc(p.tokens[p.pos:], func(t token) bool { return t.kind == newlineToken })
	line := p.tokens[p.pos : p.pos+length]
	p.pos += length + 1
	return line
}

func (p *parser) statement(line []token) *Error {
	here := p.blocks[len(p.blocks)-1]
	keyword, colon, problem := header(line, here)
	if problem != nil {
		return problem
	}
	if keyword == "" {
		if here.top {
			p.simpleStatements(line)
		}
		return nil
	}
	inner := block{top: here.top, match: keyword == "match"}
	if here.top {
		p.bindHeader(keyword, line[:colon], line[colon+1:])
	}
	if keyword == "def" || keyword == "class" {
		inner.top = false
	}
	if rest := line[colon+1:]; len(rest) > 0 {
		if inner.top {
			p.simpleStatements(rest)
		}
		return nil
	}
	if p.tokens[p.pos].kind != indentToken {
		return errorAt(line[0].line, "the next line must be an indented block; indent the statements that belong to this line, or add pass")
	}
	p.pos++
	p.blocks = append(p.blocks, inner)
	return nil
}

// header returns the keyword of a compound statement and the index of the colon that ends its header. The keyword is
// empty for other lines.
func header(line []token, here block) (keyword string, colon int, problem *Error) {
	first := line[0]
	if first.kind != nameToken {
		return "", 0, nil
	}
	if first.text == "async" && len(line) > 1 {
		first = line[1]
	}
	colon = headerColon(line)
	switch first.text {
	case "def", "class", "if", "elif", "else", "for", "while", "try", "except", "finally", "with":
		if colon < 0 {
			return "", 0, errorAt(first.line, `the statement "%s" has no ":"; add it`, first.text)
		}
		return first.text, colon, nil
	case "match": // a soft keyword: only the match statement ends in a colon
		if colon > 1 && colon == len(line)-1 {
			return first.text, colon, nil
		}
	case "case": // a soft keyword: an ordinary name outside a match statement
		if here.match && colon > 1 {
			return first.text, colon, nil
		}
	}
	return "", 0, nil
}

// headerColon returns the index of the first colon that is outside brackets and not part of a lambda, or -1.
func headerColon(line []token) int {
	depth, lambdas := 0, 0
	for i, t := range line {
		switch {
		case t.opens():
			depth++
		case t.closes():
			depth--
		case depth > 0:
		case t.isName("lambda"):
			lambdas++
		case t.is(":") && lambdas > 0:
			lambdas--
		case t.is(":"):
			return i
		}
	}
	return -1
}
