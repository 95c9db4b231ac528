package pyscan_test

import (
	"testing"

	"github.com/cogfn/cogfn/internal/pyscan"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, want string }{
		{"no handle", "", `the file has no top-level function named handle; add one, such as "def handle(data)"`},
		{"other functions", "def main(): pass", `the file has no top-level function named handle (found: main); add one, such as "def handle(data)"`},
		{"async", "async def handle(): pass", `line 1: handle is an async function; use "def handle" without async`},
		{
			"argument", "def handle(config): pass",
			`line 1: handle has an argument "config" that the service does not pass; use only data, client, secrets and function_call_info`,
		},
		{
			"positional-only", "def handle(data, /): pass",
			`line 1: the argument "data" of handle is positional-only, but the service passes it by name; remove the "/"`,
		},
		{
			"variadic", "def handle(**kwargs): pass",
			"line 1: handle has the parameter **kwargs; list the arguments that it needs instead, from data, client, secrets and function_call_info",
		},
		{"open bracket", "x = (", `line 1: the "(" in this line is never closed; add the missing ")"`},
		{"wrong bracket", "x = (\n1]", `line 2: the "]" in this line does not match the "(" in line 1; correct one of them`},
		{"extra bracket", "x = 1)", `line 1: the ")" in this line closes no bracket; remove it or add the opening bracket`},
		{"open string", "x = 'a", "line 1: the string that begins in this line is never closed; add the missing '"},
		{"open field", "x = f'{a:>'", `line 1: a "{" in the string in this line is never closed; add the missing "}", or write "{{"`},
		{"no colon", "def handle()\n  pass", `line 1: the statement "def" has no ":"; add it`},
		{
			"no block", "def handle():\npass",
			"line 1: the next line must be an indented block; indent the statements that belong to this line, or add pass",
		},
		{"indented", "x = 1\n  y = 2", "line 2: unexpected indentation; indent the line like the line above"},
		{
			"dedent", "def f():\n        x = 1\n    y = 2",
			"line 3: the indentation matches no line above; indent the line like the block that it belongs to",
		},
		{"tabs", "def f():\n        x = 1\n\ty = 2", "line 3: the nesting depends on the width of a tab; indent with spaces only"},
		{"curly quotes", "x = “a”", "line 1: the character '“' (U+201C) is not valid in Python code; replace it with the ASCII character"},
		{"stray character", "x = 1 ? 2", "line 1: the character '?' is not valid here in Python code; remove it"},
		{
			"after backslash", "x = 1 \\ # no",
			`line 1: a "\" that continues a line must be its last character; remove the "\" or the characters after it`,
		},
		{"null byte", "x = 1\n\x00", "line 2: the file contains a null byte; save it as UTF-8 text"},
		{"encoding", "x = 1\n# gr\xfc\xdfe", "line 2: the file is not UTF-8; save it as UTF-8"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := pyscan.Check([]byte(tc.src)); err == nil || err.Error() != tc.want {
				t.Errorf("\n got %v\nwant %s", err, tc.want)
			}
		})
	}
	_, err := pyscan.Requirements([]byte("'''\n[requirements]\n'''"))
	if want := "line 2: [requirements] is never closed; add a line [/requirements]"; err == nil || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}
