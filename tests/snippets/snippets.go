// Package snippets checks that the Go code of a documentation page is code that tests run.
//
// A snippet in a test file begins with the line "// snippet: NAME" and ends with the line "// end". On the page, the line
// "<!-- snippet: NAME -->" is directly above the code block with the same code.
package snippets

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// CheckPage checks that page has the same snippets as the test files of the current directory, and that the test runs all of
// them. run are the names of the snippets that it runs.
func CheckPage(t *testing.T, page string, run []string) {
	t.Helper()
	inTests, err := fromTests(".")
	if err != nil {
		t.Fatal(err)
	}
	onPage, err := fromPage(page)
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(inTests, onPage); diff != "" {
		t.Errorf("the snippets on the page differ from those in the tests (-tests +page):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(inTests)), slices.Sorted(slices.Values(run))); diff != "" {
		t.Errorf("the test does not run each snippet once (-snippets +run):\n%s", diff)
	}
}

// CheckLinks checks that each link to a section of this page or of another page in docs has a target, and that the page
// links to each of its own sections.
func CheckLinks(t *testing.T, page string) {
	t.Helper()
	if err := brokenLinks(page, readPage); err != nil {
		t.Error(err)
	}
}

// ReadPage returns the content of a page in docs.
func ReadPage(t *testing.T, name string) string {
	t.Helper()
	content, err := readPage(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func readPage(name string) (string, error) {
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	return string(content), err
}

// fromTests returns the snippets in the test files of a directory by name.
func fromTests(dir string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := addSnippets(found, string(code)); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return found, nil
}

// addSnippets adds the snippets in the code of a test file to found.
func addSnippets(found map[string]string, code string) error {
	var name string
	var lines []string
	for line := range strings.Lines(code) {
		begin, isBegin := strings.CutPrefix(strings.TrimSpace(line), "// snippet: ")
		isEnd := strings.TrimSpace(line) == "// end"
		switch {
		case isBegin && name != "":
			return fmt.Errorf("the snippet %s has no end", name)
		case isBegin:
			name, lines = begin, nil
		case isEnd && name != "":
			if _, exists := found[name]; exists {
				return fmt.Errorf("two snippets have the name %s", name)
			}
			found[name], name = unindent(lines), ""
		case name != "":
			lines = append(lines, line)
		}
	}
	if name != "" {
		return fmt.Errorf("the snippet %s has no end", name)
	}
	return nil
}

// unindent removes the indentation of the first line from each line. The lines of a raw string have less and stay unchanged.
func unindent(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		indentation := lines[0][:len(lines[0])-len(strings.TrimLeft(lines[0], "\t"))]
		b.WriteString(strings.TrimPrefix(line, indentation))
	}
	return b.String()
}

var goBlock = regexp.MustCompile("(?sm)^(?:<!-- snippet: ([a-z-]+) -->\n)?```go\n(.*?)^```$")

// fromPage returns the Go code blocks of a page by the name above each block.
func fromPage(page string) (map[string]string, error) {
	var errs []error
	found := map[string]string{}
	blocks := goBlock.FindAllStringSubmatch(page, -1)
	for _, block := range blocks {
		name, code := block[1], block[2]
		if name == "" {
			errs = append(errs, fmt.Errorf("a Go code block has no name above it:\n%s", code))
			continue
		}
		if _, exists := found[name]; exists {
			errs = append(errs, fmt.Errorf("two code blocks have the name %s", name))
		}
		found[name] = code
	}
	if all := strings.Count(page, "```go"); all != len(blocks) {
		errs = append(errs, fmt.Errorf("%d Go code blocks are not at the start of a line or have no end", all-len(blocks)))
	}
	return found, errors.Join(errs...)
}

var (
	code       = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	heading    = regexp.MustCompile(`(?m)^##+ (.+)$`)
	chapter    = regexp.MustCompile(`(?m)^## (.+)$`)
	link       = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	notInSlugs = regexp.MustCompile(`[^a-z0-9 -]`)
)

// brokenLinks returns an error for each link without a target, and for each chapter without a link. read returns the content
// of another page.
func brokenLinks(page string, read func(name string) (string, error)) error {
	var errs []error
	linked := map[string]bool{}
	page = code.ReplaceAllString(page, "")
	for _, match := range link.FindAllStringSubmatch(page, -1) {
		name, section := match[1], match[2]
		target := page
		if name != "" {
			var err error
			if target, err = read(name); err != nil {
				errs = append(errs, err)
				continue
			}
		} else {
			linked[section] = true
		}
		if section != "" && !slices.Contains(slugs(heading, target), section) {
			errs = append(errs, fmt.Errorf("no section is the target of the link %s#%s", name, section))
		}
	}
	for _, slug := range slugs(chapter, page) {
		if !linked[slug] && slug != "contents" {
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
