package pyscan

type paramKind uint8

const (
	byName           paramKind = iota // can be passed by name
	byPosition                        // positional-only: before "/"
	restOfPositional                  // *args
	restOfNames                       // **kwargs
)

type param struct {
	name string
	kind paramKind
	line int
}

// params reads a parameter list. Type parameters in square brackets can precede it.
func params(s []token) []param {
	open := outsideOp(s, 0, "(")
	if open == len(s) {
		return nil
	}
	var list []param
	s = s[open+1:]
	for start := 0; start < len(s); {
		end := outsideOp(s, start, ",")
		list = appendParam(list, s[start:end])
		if end < len(s) && s[end].closes() {
			break
		}
		start = end + 1
	}
	return list
}

func appendParam(list []param, s []token) []param {
	if len(s) == 0 {
		return list
	}
	kind := byName
	switch {
	case s[0].is("/"):
		for i := range list {
			list[i].kind = byPosition
		}
		return list
	case s[0].is("*"):
		kind = restOfPositional
		s = s[1:]
	case s[0].is("**"):
		kind = restOfNames
		s = s[1:]
	}
	if len(s) == 0 { // a "*" without a name: the parameters after it are keyword-only
		return list
	}
	return append(list, param{s[0].text, kind, s[0].line})
}
