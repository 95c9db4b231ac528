package docs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

var (
	code       = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	link       = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`) // not the links with a scheme, such as https:
	heading    = regexp.MustCompile(`(?m)^##+ (.+)$`)
	chapter    = regexp.MustCompile(`(?m)^## (.+)$`)
	notInSlugs = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// TestLinks checks the links of each page to files and sections of this repository.
func TestLinks(t *testing.T) {
	t.Parallel()
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*.md", "tests/*/*.md", "tests/*/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if err := brokenLinks(string(text), os.DirFS(root), strings.TrimPrefix(filepath.ToSlash(filepath.Dir(page)), root)); err != nil {
			t.Errorf("%s: %v", page, err)
		}
	}
}

// TestContents checks that the tables of contents are complete.
func TestContents(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"python-to-go.md", "beyond-python.md"} {
		text, err := os.ReadFile(filepath.Join(root, "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		if err := unlinkedChapters(string(text)); err != nil {
			t.Errorf("docs/%s: %v", page, err)
		}
	}
}

// brokenLinks returns an error for each link without a target. dir is the directory of the page in files.
func brokenLinks(page string, files fs.FS, dir string) error {
	page = code.ReplaceAllString(page, "")
	var errs []error
	for _, match := range link.FindAllStringSubmatch(page, -1) {
		name, section := match[1], match[2]
		target := page
		if name != "" {
			name = strings.TrimPrefix(filepath.ToSlash(filepath.Join(dir, name)), "/")
			if _, err := fs.Stat(files, name); err != nil {
				errs = append(errs, err)
				continue
			}
			if section == "" {
				continue
			}
			text, err := fs.ReadFile(files, name)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			target = code.ReplaceAllString(string(text), "")
		}
		if !slices.Contains(slugs(heading, target), section) {
			errs = append(errs, fmt.Errorf("the link %s#%s has no target", name, section))
		}
	}
	return errors.Join(errs...)
}

// unlinkedChapters returns an error for each chapter of a page without a link.
func unlinkedChapters(page string) error {
	page = code.ReplaceAllString(page, "")
	var errs []error
	for _, slug := range slugs(chapter, page) {
		if slug != "contents" && !strings.Contains(page, "](#"+slug+")") {
			errs = append(errs, fmt.Errorf("no link leads to the chapter #%s", slug))
		}
	}
	return errors.Join(errs...)
}

// slugs returns the link targets of the headings of a page.
func slugs(headings *regexp.Regexp, page string) []string {
	var found []string
	for _, match := range headings.FindAllStringSubmatch(page, -1) {
		slug := notInSlugs.ReplaceAllString(strings.ToLower(match[1]), "")
		found = append(found, strings.ReplaceAll(slug, " ", "-"))
	}
	return found
}

func TestBrokenLinks(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"docs/other.md": {Data: []byte("## Part\n### Detail one\n")}, "main.go": {}}
	for name, test := range map[string]struct{ page, want string }{
		"valid": {
			page: "[a](#a-chapter) [b](other.md) [c](other.md#detail-one) [d](../main.go) [e](https://example.com/#f) `g[T](#h)`\n## A chapter!\n",
		},
		"no section":               {"[a](#b)\n## A\n", "#b"},
		"no section in other page": {"[a](other.md#part-two)\n", "docs/other.md#part-two"},
		"no file":                  {"[a](missing.md)\n", "docs/missing.md"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := brokenLinks(test.page, files, "docs")
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v; want one with %q", err, test.want)
			}
		})
	}
}

func TestUnlinkedChapters(t *testing.T) {
	t.Parallel()
	if err := unlinkedChapters("## Contents\n[a](#a)\n## A\n### Detail\n"); err != nil {
		t.Error(err)
	}
	if err := unlinkedChapters("[a](#a)\n## A\n## B b\n"); err == nil || !strings.Contains(err.Error(), "#b-b") {
		t.Errorf("error %v; want one with #b-b", err)
	}
}
