package pyscan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/internal/pyscan"
)

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"no arguments":           "def handle():\n    return 1\n",
		"all arguments":          "def handle(data, client, secrets, function_call_info): return data",
		"any order":              "def handle(secrets, data):\n  pass",
		"annotations, defaults":  "def handle(data: dict[str, int] = {\"a\": 1}, client: 'C' = None) -> dict:\n    pass",
		"keyword only":           "def handle(*, data, client=None):\n    pass",
		"trailing comma":         "def handle(\n    data,  # the input\n    client,\n):\n    pass\n",
		"type parameters":        "def handle[T: (int, str)](data: T) -> T:\n    return data\n",
		"decorated":              "import m\n@m.retry(times=3)\n@m.log\ndef handle(data):\n    pass\n",
		"assigned":               "handle = make_handle()",
		"assigned with others":   "(run, [handle, *rest]) = values",
		"assigned in a chain":    "run = handle = lambda data: data",
		"annotated":              "handle: Callable[[dict], dict] = run",
		"assigned by walrus":     "print(handle := run)",
		"imported":               "from m import (\n    run,\n    handle,\n)",
		"imported as":            "import m.run as handle",
		"imported from as":       "from .m import run as handle, other",
		"imported star":          "from m import *",
		"class":                  "class handle:\n    def __new__(cls, data): return data\n",
		"in if":                  "if True:\n    def handle(data):\n        pass\n",
		"in else":                "if x: pass\nelse:\n    def handle(data): pass\n",
		"in try":                 "try:\n    from m import handle\nexcept ImportError:\n    def handle(data): pass\n",
		"in with":                "with x as handle: pass",
		"in for":                 "for a, (handle, b) in values:\n    break\n",
		"in match":               "match x:\n    case {'a': 1} if (lambda: 1)(): handle = run\n    case _:\n        pass\n",
		"last definition counts": "async def handle(x): pass\ndef handle(data): pass\n",
		"removed and redefined":  "def handle(x): pass\ndel handle\ndef handle(data): pass\n",
		"nested functions":       "def handle(data):\n    async def handle(x): pass\n    class A:\n        def handle(self): pass\n",
		"soft keywords":          "match = case = type = 1\nmatch[0:1]\ncase: int = 2\ntype X = int\nmatch (1)\ndef handle(data): pass\n",
		"one line":               "x = 1; handle = run; y = 2",
		"continued":              "def \\\n  handle(data): \\\n  return 1\n",
		"byte order mark, CRLF":  "\ufeffdef handle(data):\r\n\treturn 1\r\n",
		"CR line ends":           "def handle(data):\r    return 1\r",
		"non-ASCII names":        "größe = 1\n变量 = 2\ndef handle(data):\n    return größe\n",
		"other encoding":         "# -*- coding: latin-1 -*-\n# gr\xfc\xdfe\ndef handle(data): pass\n",
		"comment at the end":     "def handle(data):\n    pass\n        # far right\n# end",
		"walrus in a header":     "if (handle := run): pass",
	}
	for name, src := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := pyscan.Check([]byte(src)); err != nil {
				t.Errorf("got %v for:\n%s", err, src)
			}
		})
	}
}

func TestCheckRejects(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		src     string
		line    int
		keyword string
	}{
		"empty file":                     {"", 0, "no top-level"},
		"other names":                    {"def main(): pass\nasync def run(): pass\ndef main(): pass\n", 0, "main, run"},
		"in a class":                     {"class A:\n    def handle(data): pass\n", 0, "no top-level"},
		"in a function":                  {"def run():\n    def handle(data): pass\n", 0, "found: run"},
		"annotation without value":       {"handle: Callable", 0, "no top-level"},
		"attribute, subscript, argument": {"x.handle = 1\nx[handle] = 2\nf(handle=3)\nhandle.x = 4\nhandle[0] = 5\n", 0, "no top-level"},
		"string and comment":             {"'''\ndef handle(data): pass\n'''\n# def handle(data): pass\n", 0, "no top-level"},
		"deleted":                        {"def handle(data): pass\ndel handle\n", 0, "no top-level"},
		"async":                          {"import m\n\nasync def handle(data):\n    pass\n", 3, "async"},
		"last one is async":              {"def handle(data): pass\nasync def handle(data): pass\n", 2, "async"},
		"unknown argument":               {"def handle(data,\n           config): pass\n", 2, `"config"`},
		"argument with default":          {"def handle(data, *, retries=3): pass\n", 1, `"retries"`},
		"decorated":                      {"@wrap\ndef handle(event): pass\n", 2, `"event"`},
		"positional only":                {"def handle(data, /, client): pass\n", 1, "positional-only"},
		"variadic":                       {"def handle(data, *args): pass\n", 1, "*args"},
		"variadic keywords":              {"def handle(**kwargs): pass\n", 1, "**kwargs"},
		"open bracket":                   {"x = 1\ndef handle(data:\n    return 1\n", 2, `"("`},
		"wrong bracket":                  {"x = (\n1]\n", 2, "line 1"},
		"extra bracket":                  {"x = 1)\n", 1, "closes no"},
		"open string":                    {"def handle(data):\n    return 'a\n", 2, "missing '"},
		"open triple-quoted string":      {"x = 1\ny = r\"\"\"a\n\nb", 2, `missing """`},
		"open field":                     {"\nx = f'{a'\n", 2, "missing '"},
		"open field at end":              {"x = f'''{a", 1, `missing "}"`},
		"open format specification":      {"x = f'{a:>'\n", 1, `missing "}"`},
		"no colon":                       {"def handle(data)\n    return 1\n", 1, `":"`},
		"no block":                       {"def handle(data):\nreturn 1\n", 1, "indented"},
		"no block at end":                {"def handle(data):\n", 1, "indented"},
		"indented":                       {"x = 1\n  y = 2\n", 2, "unexpected"},
		"dedent":                         {"def handle(data):\n        x = 1\n    return x\n", 3, "matches no"},
		"tabs and spaces":                {"def handle(data):\n        x = 1\n\treturn x\n", 3, "tab"},
		"curly quotes":                   {"def handle(data):\n    print(“hi”)\n", 2, "U+201C"},
		"stray character":                {"x = 1 ? 2", 1, "'?'"},
		"after backslash":                {"x = 1 \\ # no\n", 1, "last character"},
		"null byte":                      {"x = 1\n\x00", 2, "null byte"},
		"not UTF-8":                      {"x = 1\n# gr\xfc\xdfe\n", 2, "UTF-8"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := pyscan.Check([]byte(tc.src))
			problem, ok := errors.AsType[*pyscan.Error](err)
			if !ok || problem.Line != tc.line || !strings.Contains(problem.Message, tc.keyword) {
				t.Errorf("got %v, want an *Error for line %d with %s", err, tc.line, tc.keyword)
			}
		})
	}
}

// TestStringEnds checks where strings end: the scanner must find the def after each of them, with its line.
func TestStringEnds(t *testing.T) {
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
			err := pyscan.Check([]byte(src))
			problem, ok := errors.AsType[*pyscan.Error](err)
			if !ok || problem.Line != line || !strings.Contains(problem.Message, "async") {
				t.Errorf("got %v, want an *Error about the def in line %d of:\n%s", err, line, src)
			}
		})
	}
}

// FuzzCheck checks that the scanner never panics and that its errors name an existing line.
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
		err := pyscan.Check(src)
		if problem, ok := errors.AsType[*pyscan.Error](err); ok && (problem.Line < 0 || problem.Line > lines) {
			t.Errorf("the error names line %d of %d: %v", problem.Line, lines, err)
		}
		if _, err := pyscan.Requirements(src); err != nil && err.Error() == "" {
			t.Error("the error has no message")
		}
	})
}
