package pyscan

import "slices"

// module is what the top level of a file defines. Blocks of if, try, with, for, while and match count as top level;
// the bodies of functions and classes do not.
type module struct {
	bindings  []binding  // in the order of the file
	functions []function // in the order of the file
	star      bool       // "from … import *" may bind any name
	doc       []token    // the strings of the docstring
}

// binding says that a statement gave a name a value, or took it away.
type binding struct {
	name     string
	line     int
	function *function // when the statement is a def
	removed  bool      // by del
}

// function is a def at top level.
type function struct {
	name   string
	line   int
	async  bool
	params []param
	doc    []token
}

type paramKind uint8

const (
	byName           paramKind = iota // may be passed by name
	byPosition                        // stands before "/"
	restOfPositional                  // *args
	restOfNames                       // **kwargs
)

type param struct {
	name string
	kind paramKind
	line int
}

// block is an indented suite of statements.
type block struct {
	top   bool // its names are names of the module
	match bool // it holds the cases of a match statement
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
			return nil, errorAt(t.line, "the line is indented, but no block begins above it; line it up with the line above")
		default:
			if problem := p.statement(p.logicalLine()); problem != nil {
				return nil, problem
			}
		}
	}
}

// logicalLine takes the tokens up to the line's end.
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
		return errorAt(line[0].line, "an indented block must follow this line; indent what belongs to it, or write pass")
	}
	p.pos++
	p.blocks = append(p.blocks, inner)
	return nil
}

// header returns the keyword of a compound statement and the place of the colon that ends its header; the keyword is
// empty for any other line.
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
			return "", 0, errorAt(first.line, `the line begins with "%s" but has no ":"; add it`, first.text)
		}
		return first.text, colon, nil
	case "match": // a plain name elsewhere: only a statement of this shape ends in a colon
		if colon > 1 && colon == len(line)-1 {
			return first.text, colon, nil
		}
	case "case": // a plain name outside match
		if here.match && colon > 1 {
			return first.text, colon, nil
		}
	}
	return "", 0, nil
}

// headerColon finds the first colon outside brackets that belongs to no lambda, or -1.
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
