package pyscan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/internal/pyscan"
)

func TestDocstring(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"none":             {"def handle(data):\n    return 'x'\n", ""},
		"plain":            {"def handle(data):\n    '''Add.\n\n    More.'''\n", "Add.\n\n    More."},
		"one line":         {"def handle(data): 'Add.'; return 1", "Add."},
		"joined":           {"def handle(data):\n    ('a' # no\n     r'\\b' \"\"\"c\"\"\")\n", `a\bc`},
		"escapes":          {`def handle(data): 'a\tb\x41\u00e9\101\q\N{DASH}\0\''`, "a\tbAéA\\q\\N{DASH}\x00'"},
		"continued":        {"def handle(data):\n    'a\\\nb'\n", "ab"},
		"bytes":            {"def handle(data):\n    b'x'\n", ""},
		"template":         {"def handle(data):\n    f'x'\n", ""},
		"expression":       {"def handle(data):\n    'x'.upper()\n", ""},
		"tuple":            {"def handle(data):\n    ('x',)\n", ""},
		"of the last def":  {"def handle(data):\n    'old'\ndef handle(data):\n    'new'\n", "new"},
		"of no other def":  {"def run(data):\n    'run'\nhandle = run\n", ""},
		"empty of 2 marks": {`def handle(data): ""`, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := pyscan.Docstring([]byte(tc.src))
			if err != nil {
				t.Fatal(err)
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRequirements(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		src  string
		want []pyscan.Line
	}{
		"none": {"def handle(data):\n    '''No list here: [requirements] in a sentence.'''\n", nil},
		"of handle": {
			"'''[requirements]\nno\n[/requirements]'''\ndef handle(data):\n    \"\"\"Add.\n\n    [requirements]\n    numpy>=1.0\n\n    # why\n      pandas ; python_version<'4'\n    [/requirements]\n    \"\"\"\n",
			[]pyscan.Line{{8, "numpy>=1.0"}, {11, "pandas ; python_version<'4'"}},
		},
		"of the file": {
			"'''\n[requirements]\nnumpy\n[/requirements]\n'''\nhandle = run\n",
			[]pyscan.Line{{3, "numpy"}},
		},
		"written with escapes": {
			`def handle(data): "[requirements]\nnumpy\n[/requirements]"`,
			[]pyscan.Line{{1, "numpy"}},
		},
		"line joined by Python": {
			"def handle(data):\n    '''\n    [requirements]\n    num\\\npy\n    pandas\n    [/requirements]\n    '''",
			[]pyscan.Line{{4, "numpy"}, {6, "pandas"}},
		},
		"empty": {"'''\n[requirements]\n[/requirements]\n'''\n", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := pyscan.Requirements([]byte(tc.src))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestDocstringErrors(t *testing.T) {
	t.Parallel()
	if _, err := pyscan.Docstring([]byte("x = (")); err == nil {
		t.Error("Docstring accepted an open bracket")
	}
	if _, err := pyscan.Requirements([]byte("x = (")); err == nil {
		t.Error("Requirements accepted an open bracket")
	}
	_, err := pyscan.Requirements([]byte("def handle():\n    '''\n    [requirements]\n    numpy\n    '''\n"))
	want := "[requirements] has no end; add a line [/requirements]"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
