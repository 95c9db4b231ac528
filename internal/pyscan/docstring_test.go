package pyscan

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docText returns the value of a docstring.
func docText(doc []token) string {
	var texts []string
	for _, l := range docLines(doc) {
		texts = append(texts, l.Text)
	}
	return strings.Join(texts, "\n")
}

func TestDocstring(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ src, want string }{
		"none":       {"def handle(data):\n    return 'x'\n", ""},
		"triple":     {"def handle(data):\n    '''Add.\n\n    More.'''\n", "Add.\n\n    More."},
		"one line":   {"def handle(data): 'Add.'; return 1", "Add."},
		"adjacent":   {"def handle(data):\n    ('a' # no\n     r'\\b' \"\"\"c\"\"\")\n", `a\bc`},
		"escapes":    {`def handle(data): 'a\tb\x41\u00e9\101\q\N{DASH}\0\''`, "a\tbAéA\\q\\N{DASH}\x00'"},
		"continued":  {"def handle(data):\n    'a\\\nb'\n", "ab"},
		"bytes":      {"def handle(data):\n    b'x'\n", ""},
		"template":   {"def handle(data):\n    f'x'\n", ""},
		"expression": {"def handle(data):\n    'x'.upper()\n", ""},
		"tuple":      {"def handle(data):\n    ('x',)\n", ""},
		"last def":   {"def handle(data):\n    'old'\ndef handle(data):\n    'new'\n", "new"},
		"other def":  {"def run(data):\n    'run'\nhandle = run\n", ""},
		"empty":      {`def handle(data): ""`, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, problem := scan([]byte(tc.src))
			if problem != nil {
				t.Fatal(problem)
			}
			if got := docText(m.handleDoc()); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestRequirements(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		src  string
		want []Line
	}{
		"none": {"def handle(data):\n    '''No requirements here: [requirements] in a sentence.'''\n", nil},
		"of handle": {
			"'''[requirements]\nno\n[/requirements]'''\ndef handle(data):\n    \"\"\"Add.\n\n    [requirements]\n    numpy>=1.0\n\n    # why\n      pandas ; python_version<'4'\n    [/requirements]\n    \"\"\"\n",
			[]Line{{8, "numpy>=1.0"}, {11, "pandas ; python_version<'4'"}},
		},
		"of the file": {
			"'''\n[requirements]\nnumpy\n[/requirements]\n'''\nhandle = run\n",
			[]Line{{3, "numpy"}},
		},
		"written with escapes": {
			`def handle(data): "[requirements]\nnumpy\n[/requirements]"`,
			[]Line{{1, "numpy"}},
		},
		"line joined by Python": {
			"def handle(data):\n    '''\n    [requirements]\n    num\\\npy\n    pandas\n    [/requirements]\n    '''",
			[]Line{{4, "numpy"}, {6, "pandas"}},
		},
		"empty": {"'''\n[requirements]\n[/requirements]\n'''\n", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Requirements([]byte(tc.src))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRequirementsErrors(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]Error{
		"x = (": {Line: 1, Message: "never closed"},
		"def handle():\n    '''\n    [requirements]\n    numpy\n    '''\n": {Line: 3, Message: "[/requirements]"},
	} {
		_, err := Requirements([]byte(src))
		problem, ok := errors.AsType[*Error](err)
		if !ok || problem.Line != want.Line || !strings.Contains(problem.Message, want.Message) {
			t.Errorf("Requirements(%q): got %v, want an *Error for line %d with %s", src, err, want.Line, want.Message)
		}
	}
}
