package architecture

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// unusual matches words and phrases that readers with English as a second language have to look up. An identifier with the
// capital B of "no body" does not match.
var unusual = regexp.MustCompile(`\b(?:(?i:lest|whoever|somebody|anew|tells that|in clear|came about|sees to it|for good|be it)|[Nn]obody)\b`)

// TestWords checks the wording of code, documentation and settings. A few exact quotations are allowed.
func TestWords(t *testing.T) {
	t.Parallel()
	const most = 5
	var found []string
	for _, f := range handwritten(t) {
		if !prose(f.path) {
			continue
		}
		for number, line := range strings.Split(string(f.content), "\n") {
			for _, word := range unusual.FindAllString(line, -1) {
				found = append(found, fmt.Sprintf("%s:%d: %s", f.path, number+1, word))
			}
		}
	}
	if len(found) > most {
		t.Errorf("%d unusual words, more than %d; use a common word, or a shorter sentence:\n%s", len(found), most, strings.Join(found, "\n"))
	}
}

// prose reports whether TestWords reads a file. It skips the list of the words itself.
func prose(path string) bool {
	switch {
	case path == "tests/architecture/words_test.go":
		return false
	case path == "Makefile", strings.HasSuffix(path, ".go"), strings.HasSuffix(path, ".md"):
		return true
	}
	return strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, ".yml")
}

// TestCommentWidth does not check the output of examples, which cannot be wrapped.
func TestCommentWidth(t *testing.T) {
	t.Parallel()
	const most = 125
	for _, f := range goFiles(t) {
		output := false
		for number, line := range strings.Split(string(f.content), "\n") {
			comment := strings.HasPrefix(strings.TrimSpace(line), "//") && !strings.HasPrefix(line, "//go:")
			output = comment && (output || outputComment.MatchString(line))
			if columns := len([]rune(line)); comment && !output && columns > most {
				t.Errorf("%s:%d: the comment has %d columns, more than %d; wrap it", f.path, number+1, columns, most)
			}
		}
	}
}

var outputComment = regexp.MustCompile(`(?i)^\s*// (unordered )?output:`)
