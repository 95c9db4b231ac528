package pyscan_test

import (
	"errors"
	"testing"

	"github.com/cogfn/cogfn/internal/pyscan"
)

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"no arguments":          "def handle():\n    return 1\n",
		"all arguments":         "def handle(data, client, secrets, function_call_info): return data",
		"any order":             "def handle(secrets, data):\n  pass",
		"annotations, defaults": "def handle(data: dict[str, int] = {\"a\": 1}, client: 'C' = None) -> dict:\n    pass",
		"keyword only":          "def handle(*, data, client=None):\n    pass",
		"trailing comma":        "def handle(\n    data,  # the input\n    client,\n):\n    pass\n",
		"type parameters":       "def handle[T: (int, str)](data: T) -> T:\n    return data\n",
		"decorated":             "import m\n@m.retry(times=3)\n@m.log\ndef handle(data):\n    pass\n",
		"assigned":              "handle = make_handle()",
		"assigned with others":  "(run, [handle, *rest]) = things",
		"assigned in a chain":   "run = handle = lambda data: data",
		"annotated":             "handle: Callable[[dict], dict] = run",
		"assigned by walrus":    "print(handle := run)",
		"imported":              "from m import (\n    run,\n    handle,\n)",
		"imported as":           "import m.run as handle",
		"imported from as":      "from .m import run as handle, other",
		"imported star":         "from m import *",
		"class":                 "class handle:\n    def __new__(cls, data): return data\n",
		"in if":                 "if True:\n    def handle(data):\n        pass\n",
		"in else":               "if x: pass\nelse:\n    def handle(data): pass\n",
		"in try":                "try:\n    from m import handle\nexcept ImportError:\n    def handle(data): pass\n",
		"in with":               "with x as handle: pass",
		"in for":                "for a, (handle, b) in things:\n    break\n",
		"in match":              "match x:\n    case {'a': 1} if (lambda: 1)(): handle = run\n    case _:\n        pass\n",
		"last one counts":       "async def handle(x): pass\ndef handle(data): pass\n",
		"removed and redefined": "def handle(x): pass\ndel handle\ndef handle(data): pass\n",
		"nested do not count":   "def handle(data):\n    async def handle(x): pass\n    class A:\n        def handle(self): pass\n",
		"soft keywords":         "match = case = type = 1\nmatch[0:1]\ncase: int = 2\ntype X = int\nmatch (1)\ndef handle(data): pass\n",
		"one line":              "x = 1; handle = run; y = 2",
		"continued":             "def \\\n  handle(data): \\\n  return 1\n",
		"byte order mark, CRLF": "\ufeffdef handle(data):\r\n\treturn 1\r\n",
		"old Mac line ends":     "def handle(data):\r    return 1\r",
		"names beyond ASCII":    "größe = 1\n变量 = 2\ndef handle(data):\n    return größe\n",
		"other encoding":        "# -*- coding: latin-1 -*-\n# gr\xfc\xdfe\ndef handle(data): pass\n",
		"comment at the end":    "def handle(data):\n    pass\n        # far right\n# end",
		"walrus in a header":    "if (handle := run): pass",
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := pyscan.Check("handler.py", []byte(src)); err != nil {
				t.Errorf("refused: %v\n%s", err, src)
			}
		})
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	const only = "; use only data, client, secrets and function_call_info"
	const blank = "; line it up with "
	tests := map[string]struct{ src, want string }{
		"nothing":                        {"", `handler.py: no top-level function named handle; add one, such as "def handle(data)"`},
		"other names":                    {"def main(): pass\nasync def run(): pass\ndef main(): pass\n", `handler.py: no top-level function named handle (found: main, run); add one, such as "def handle(data)"`},
		"in a class":                     {"class A:\n    def handle(data): pass\n", `handler.py: no top-level function named handle; add one, such as "def handle(data)"`},
		"in a def":                       {"def run():\n    def handle(data): pass\n", `handler.py: no top-level function named handle (found: run); add one, such as "def handle(data)"`},
		"annotation without value":       {"handle: Callable", `handler.py: no top-level function named handle; add one, such as "def handle(data)"`},
		"attribute, subscript, argument": {"x.handle = 1\nx[handle] = 2\nf(handle=3)\nhandle.x = 4\nhandle[0] = 5\n", `handler.py: no top-level function named handle; add one, such as "def handle(data)"`},
		"text and comment":               {"'''\ndef handle(data): pass\n'''\n# def handle(data): pass\n", `handler.py: no top-level function named handle; add one, such as "def handle(data)"`},
		"deleted":                        {"def handle(data): pass\ndel handle\n", `handler.py: no top-level function named handle (found: handle); add one, such as "def handle(data)"`},
		"async":                          {"import m\n\nasync def handle(data):\n    pass\n", `handler.py:3: handle is an async function; use a plain "def handle"`},
		"async at last":                  {"def handle(data): pass\nasync def handle(data): pass\n", `handler.py:2: handle is an async function; use a plain "def handle"`},
		"other argument":                 {"def handle(data,\n           config): pass\n", `handler.py:2: handle has an argument "config" that the service does not pass` + only},
		"other with default":             {"def handle(data, *, retries=3): pass\n", `handler.py:1: handle has an argument "retries" that the service does not pass` + only},
		"decorated":                      {"@wrap\ndef handle(event): pass\n", `handler.py:2: handle has an argument "event" that the service does not pass` + only},
		"positional only":                {"def handle(data, /, client): pass\n", `handler.py:1: handle takes "data" by position only, but the service passes it by name; remove the "/"`},
		"rest":                           {"def handle(data, *args): pass\n", "handler.py:1: handle takes *args; name the arguments that it needs, out of data, client, secrets and function_call_info"},
		"rest of names":                  {"def handle(**kwargs): pass\n", "handler.py:1: handle takes **kwargs; name the arguments that it needs, out of data, client, secrets and function_call_info"},
		"open bracket":                   {"x = 1\ndef handle(data:\n    return 1\n", `handler.py:2: "(" is opened here and never closed; add the missing ")"`},
		"wrong bracket":                  {"x = (\n1]\n", `handler.py:2: "]" does not close the "(" of line 1; one of the two is wrong`},
		"extra bracket":                  {"x = 1)\n", `handler.py:1: ")" closes nothing; remove it or add the bracket that it should close`},
		"open string":                    {"def handle(data):\n    return 'a\n", "handler.py:2: the string that begins here is never closed; add the missing '"},
		"open long string":               {"x = 1\ny = r\"\"\"a\n\nb", `handler.py:2: the string that begins here is never closed; add the missing """`},
		"open field":                     {"\nx = f'{a'\n", "handler.py:2: the string that begins here is never closed; add the missing '"},
		"open field at end":              {"x = f'''{a", `handler.py:1: a "{" in the string of this line is never closed; add the missing "}", or write "{{"`},
		"open format":                    {"x = f'{a:>'\n", `handler.py:1: a "{" in the string of this line is never closed; add the missing "}", or write "{{"`},
		"no colon":                       {"def handle(data)\n    return 1\n", `handler.py:1: the line begins with "def" but has no ":"; add it`},
		"no block":                       {"def handle(data):\nreturn 1\n", "handler.py:1: an indented block must follow this line; indent what belongs to it, or write pass"},
		"no block at end":                {"def handle(data):\n", "handler.py:1: an indented block must follow this line; indent what belongs to it, or write pass"},
		"indented":                       {"x = 1\n  y = 2\n", "handler.py:2: the line is indented, but no block begins above it" + blank + "the line above"},
		"dedent":                         {"def handle(data):\n        x = 1\n    return x\n", "handler.py:3: the indentation fits no line above" + blank + "the block that it belongs to"},
		"tabs and spaces":                {"def handle(data):\n        x = 1\n\treturn x\n", "handler.py:3: tabs and spaces are mixed so that the nesting is not clear; indent with spaces only"},
		"curly quotes":                   {"def handle(data):\n    print(“hi”)\n", "handler.py:2: the character '“' (U+201C) cannot stand in Python code; replace it with the plain one"},
		"stray character":                {"x = 1 ? 2", "handler.py:1: the character '?' cannot stand here in Python code; remove it"},
		"after backslash":                {"x = 1 \\ # no\n", `handler.py:1: nothing may follow a "\" that continues a line; remove what follows, or the "\"`},
		"null byte":                      {"x = 1\n\x00", "handler.py:2: the file holds a null byte; save it as plain UTF-8 text"},
		"not UTF-8":                      {"x = 1\n# gr\xfc\xdfe\n", "handler.py:2: the file is not UTF-8; save it as UTF-8"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := pyscan.Check("handler.py", []byte(tc.src))
			if err == nil {
				t.Fatal("accepted")
			}
			if _, ok := errors.AsType[*pyscan.Error](err); !ok {
				t.Errorf("error is a %T, not a *pyscan.Error", err)
			}
			if err.Error() != tc.want {
				t.Errorf("\n got %s\nwant %s", err, tc.want)
			}
		})
	}
}

func TestErrorWithoutFile(t *testing.T) {
	t.Parallel()
	err := &pyscan.Error{Line: 3, Message: "it is wrong"}
	if got := err.Error(); got != "it is wrong" {
		t.Errorf("got %q", got)
	}
}

// TestStrings pins how strings end, by a def behind each that must be seen, and seen in its line.
func TestStrings(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`''`, `""`, `''''''`, `'"'`, `"\""`, `'\\'`, `r'\'' + '#'`, `rb"\\"`, `Rb'\''`, `u'a'`, `'a' "b" r'c'`,
		"'''a\n'b' \\''' \"\"\"\n'''", "'a \\\nb'", `"""a\"""b"""`, `b'#'`,
		`f'{x}'`, `f'{{'`, `f'{{{x}}}'`, `f'}}'`, `f"{d['a']}"`, `f"{d["a"]}"`, `f'{f'{f'{1}'}'}'`, `f'{x!r:>{width}}'`,
		`f'{x:{'>'}{10}}'`, `f'{x:%H:%M}'`, `f'{x=}'`, `f'{ {1: 2}[1] }'`, `f'{(lambda y: y)(1)}'`, `f'{x:#x}'`,
		`f'\N{DASH}'`, `f'\{x}'`, `rf'\N{x}'`, `rf'\{x}'`, `f'{a != b}'`, "f'''{\n  x  # a ' comment\n}'''",
		"f'{\n  x\n}'", `f'''{x:"}'''`, `f'{'\n'.join(a)}'`, `f'{"}"}'`, `f"{'{'}"`, `t'{x:{y}}'`, `Rt'{x}\d'`,
		`f'\''`, `f'a\\'`, "f'''\n{x:\n}'''", `f"{x if"a"else y}"`,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			src := "x = " + text + "\nasync def handle(): pass\n"
			line := 2
			for _, c := range text {
				if c == '\n' {
					line++
				}
			}
			err := pyscan.Check("", []byte(src))
			problem, ok := errors.AsType[*pyscan.Error](err)
			if !ok || problem.Line != line || problem.Message != `handle is an async function; use a plain "def handle"` {
				t.Errorf("the def in line %d was not seen: %v\n%s", line, err, src)
			}
		})
	}
}

// FuzzCheck asserts that no text makes the scanner fail otherwise than by an error with a line of the text.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"def handle(data): pass", "f'{x:{y}}'", "async def", "def", "class", "for", "with x as", "from", "import a as",
		"match x:\n case", "@", "((", "\\", "'", "f'", "f'{", "f'\\N{", "def f(/", "def f[", "x: = 1", "del", ":", ";", "lambda",
		"\t\\\n x", "\"\"\"[requirements]\nnumpy\n[/requirements]\"\"\"\ndef handle(): '\\x'",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		lines := 1
		for _, c := range src {
			if c == '\n' || c == '\r' {
				lines++
			}
		}
		err := pyscan.Check("handler.py", src)
		if problem, ok := errors.AsType[*pyscan.Error](err); ok && (problem.Line < 0 || problem.Line > lines) {
			t.Errorf("line %d of %d: %v", problem.Line, lines, err)
		}
		if _, err := pyscan.Requirements(src); err != nil && err.Error() == "" {
			t.Error("an error without text")
		}
	})
}
