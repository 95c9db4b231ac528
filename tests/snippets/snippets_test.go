package snippets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFromTests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const code = "func f() {\n\t// snippet: one\n\tif ok {\n\t\tg(`\ntext\n`)\n\t}\n\t// end\n\tcheck()\n}\n"
	for name, content := range map[string]string{"a_test.go": code, "b.go": "// snippet: two\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := fromTests(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"one": "if ok {\n\tg(`\ntext\n`)\n}\n"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("snippets (-want +got):\n%s", diff)
	}
}

func TestAddSnippetsErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ code, want string }{
		"no end":               {"// snippet: one\nf()\n", "one has no end"},
		"begin before the end": {"// snippet: one\n// snippet: two\n// end\n", "one has no end"},
		"same name":            {"// snippet: one\n// end\n// snippet: one\n// end\n", "the name one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := addSnippets(map[string]string{}, test.code); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want one with %q", err, test.want)
			}
		})
	}
}

func TestFromPage(t *testing.T) {
	t.Parallel()
	page := "<!-- snippet: one -->\n```go\nf()\n```\n\n```python\ng()\n```\n\n<!-- snippet: two -->\n```go\nh()\n```\n"
	got, err := fromPage(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"one": "f()\n", "two": "h()\n"}, got); diff != "" {
		t.Errorf("snippets (-want +got):\n%s", diff)
	}
}

func TestFromPageErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ page, want string }{
		"no name":   {"```go\nf()\n```\n", "no name above it"},
		"same name": {strings.Repeat("<!-- snippet: one -->\n```go\nf()\n```\n", 2), "the name one"},
		"no end":    {"<!-- snippet: one -->\n```go\nf()\n", "1 Go code blocks"},
		"indented":  {"- item\n  ```go\n  f()\n  ```\n", "1 Go code blocks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := fromPage(test.page); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want one with %q", err, test.want)
			}
		})
	}
}

func TestBrokenLinks(t *testing.T) {
	t.Parallel()
	read := func(name string) (string, error) {
		if name != "other.md" {
			return "", os.ErrNotExist
		}
		return "## Part\n### Detail one\n", nil
	}
	for name, test := range map[string]struct{ page, want string }{
		"no target":               {"[a](#a-chapter) [b](#b)\n## A chapter!\n", "#b"},
		"no link":                 {"[a](#a)\n## A\n## B b\n", "#b-b"},
		"no target in other page": {"[a](other.md#part-two)\n", "other.md#part-two"},
		"no other page":           {"[a](missing.md)\n", os.ErrNotExist.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := brokenLinks(test.page, read); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v; want one with %q", err, test.want)
			}
		})
	}
	page := "## Contents\n[a](#a-chapter) [b](other.md) [c](other.md#detail-one) [d](https://example.com/#e) `f[T](#g)`\n## A chapter!\n### Detail\n"
	if err := brokenLinks(page, read); err != nil {
		t.Error(err)
	}
}
