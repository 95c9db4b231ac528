package main

import "testing"

func TestRewrite(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"one line":        {"\t// ID The id of the file.\n\tID int64\n", "\t// ID: the id of the file.\n\tID int64\n"},
		"several lines":   {"\t// Name A name.\n\t//\n\t// Example: f\n\tName string\n", "\t// Name: a name.\n\t//\n\t// Example: f\n\tName string\n"},
		"detached":        {"\t// Name A name.\n\t//\n\t// Example: f\n\n\tName string\n", "\t// Name: a name.\n\t//\n\t// Example: f\n\tName string\n"},
		"acronym":         {"\t// Size CPU cores.\n\tSize int\n", "\t// Size: CPU cores.\n\tSize int\n"},
		"another name":    {"\t// ID The id of the file.\n\tName string\n", "\t// ID The id of the file.\n\tName string\n"},
		"already changed": {"\t// ID: the id of the file.\n\tID int64\n", "\t// ID: the id of the file.\n\tID int64\n"},
		"type":            {"// File A file.\ntype File struct {\n", "// File A file.\ntype File struct {\n"},
	} {
		if got := rewrite(tc.in); got != tc.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, tc.want)
		}
	}
}
