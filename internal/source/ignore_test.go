package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/internal/source"
)

func TestIgnore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		patterns string
		names    []string // of all files
		want     []string // packed files
		ignored  []string
	}{
		"defaults": {
			names: []string{
				"a.py", ".git/config", "x/.git", ".hg/x", "x/.svn/y", "__pycache__/a.pyc", "x/__pycache__/b.pyc", "c.pyc",
				".venv/lib/x.py", "x/venv/y.py", "node_modules/m/i.js", ".env", ".env.local", "x/.env", "x/.env.prod",
				".idea/w.xml", ".vscode/s.json", ".pytest_cache/x", ".mypy_cache/x", ".ruff_cache/x", ".tox/x",
				"my.egg-info/PKG", ".DS_Store", "x/.DS_Store",
			},
			want: []string{"a.py"},
			ignored: []string{
				".DS_Store", ".env", ".env.local", ".git/", ".hg/", ".idea/", ".mypy_cache/", ".pytest_cache/", ".ruff_cache/",
				".tox/", ".venv/", ".vscode/", "__pycache__/", "c.pyc", "my.egg-info/", "node_modules/", "x/.DS_Store",
				"x/.env", "x/.env.prod", "x/.git", "x/.svn/", "x/__pycache__/", "x/venv/",
			},
		},
		"similar names": {
			names: []string{"env.py", "environment/x.py", "git/x.py", "x.env", "my_venv.py", "pyc", "venv.py", ".gitignore", ".envrc"},
			want:  []string{".envrc", ".gitignore", "env.py", "environment/x.py", "git/x.py", "my_venv.py", "pyc", "venv.py", "x.env"},
		},
		"env with and without pyvenv.cfg": {
			names:   []string{"a/env/x.py", "env/pyvenv.cfg", "env/lib/y.py"},
			want:    []string{"a/env/x.py"},
			ignored: []string{"env/"},
		},
		"own patterns": {
			patterns: "\ufeff# local files\n\n/tests\n**/*.csv\ndocs/\n",
			names:    []string{"a.py", "tests/t.py", "a/tests/t.py", "big.csv", "a/big.csv", "docs/x.md", ".cogfnignore"},
			want:     []string{"a.py", "a/tests/t.py"},
			ignored:  []string{".cogfnignore", "a/big.csv", "big.csv", "docs/", "tests/"},
		},
		"exceptions from own patterns": {
			patterns: "*\n!src\n!handler.py\nsrc/x.py\n",
			names:    []string{"handler.py", "README.md", "src/a.py", "src/x.py", "src/.env", "src/.git/config"},
			want:     []string{"handler.py", "src/a.py"},
			ignored:  []string{".cogfnignore", "README.md", "src/.env", "src/.git/", "src/x.py"},
		},
		"exceptions from the defaults": {
			patterns: "!.env\n!x/.env.test\n!**/y/*.pyc\n",
			names:    []string{".env", ".env.x", "x/.env", "x/.env.test", "x/y/c.pyc", "c.pyc"},
			want:     []string{".env", "x/.env.test", "x/y/c.pyc"},
			ignored:  []string{".cogfnignore", ".env.x", "c.pyc", "x/.env"},
		},
		"exceptions inside a default": {
			patterns: "!venv/lib/keep.py\n!node_modules/*/index.js\n",
			names:    []string{"venv/lib/keep.py", "venv/lib/drop.py", "venv/bin/x", "node_modules/m/index.js", "node_modules/m/n/index.js"},
			want:     []string{"node_modules/m/index.js", "venv/lib/keep.py"},
			ignored:  []string{".cogfnignore", "node_modules/m/n/", "venv/bin/", "venv/lib/drop.py"},
		},
		"last pattern wins": {
			patterns: "!.env\n.env\n!a\n",
			names:    []string{".env", "a"},
			want:     []string{"a"},
			ignored:  []string{".cogfnignore", ".env"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{}
			for _, n := range tc.names {
				files[n] = "content of " + n
			}
			if tc.patterns != "" {
				files[source.IgnoreFile] = tc.patterns
			}
			code, err := packTree(tree(files))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, code.Files); diff != "" {
				t.Errorf("Files (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tc.ignored, code.Ignored); diff != "" {
				t.Errorf("Ignored (-want +got)\n%s", diff)
			}
		})
	}
}

// TestIgnoredLinks checks that ignored links are not resolved.
func TestIgnoredLinks(t *testing.T) {
	t.Parallel()
	code, err := packTree(tree(map[string]string{"a.py": "", "out": "-> /etc/passwd", source.IgnoreFile: "out"}))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(code.Files, " "); got != "a.py" {
		t.Errorf("got %s, want a.py", got)
	}
}
