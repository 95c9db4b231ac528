// Command gencomments rewrites the comments of the fields in a generated file. The generator joins the name of a field and
// the description of the API, as in "ID The id of the function." The result is "ID: the id of the function."
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gencomments FILE")
		os.Exit(2)
	}
	if err := rewriteFile(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gencomments:", err)
		os.Exit(1)
	}
}

func rewriteFile(name string) error {
	code, err := os.ReadFile(name) //nolint:gosec // the directive names the file
	if err != nil {
		return err
	}
	return os.WriteFile(name, []byte(rewrite(string(code))), 0o644) //nolint:gosec // source code is readable
}

var (
	// comment matches a comment of a struct field from its first line, which begins with the name of the field.
	comment = regexp.MustCompile(`(?m)^\t// (\w+) (.+)\n((?:\t//.*\n)*)\n?\t(\w+) `)
	acronym = regexp.MustCompile(`^\p{Lu}[\p{Lu}\d]`)
)

// rewrite returns the code with a colon after the names in the comments of fields.
func rewrite(code string) string {
	return comment.ReplaceAllStringFunc(code, func(text string) string {
		m := comment.FindStringSubmatch(text)
		name, first, rest, field := m[1], m[2], m[3], m[4]
		if name != field {
			return text
		}
		if !acronym.MatchString(first) {
			first = lowerFirst(first)
		}
		var b strings.Builder
		fmt.Fprintf(&b, "\t// %s: %s\n%s\t%s ", name, first, rest, field)
		return b.String()
	})
}

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
