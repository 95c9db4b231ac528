package requirements

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogicalLines(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		want    []logicalLine
	}{
		"empty":                    {"", nil},
		"comments":                 {"\n# all\n   # indented\n\n", nil},
		"comment after package":    {"  numpy >= 1.0  # why\n", []logicalLine{{1, "numpy >= 1.0"}}},
		"fragment is no comment":   {"https://x/a.whl#sha256=aa\n", []logicalLine{{1, "https://x/a.whl#sha256=aa"}}},
		"continued":                {"numpy \\\r\n  >=1.0, \\\r\n  <2\r\npandas\n", []logicalLine{{1, "numpy   >=1.0,   <2"}, {4, "pandas"}}},
		"continued at end of file": {"numpy\\", []logicalLine{{1, "numpy"}}},
		"continued by a comment":   {"numpy\\\n# no\npandas", []logicalLine{{1, "numpy"}, {3, "pandas"}}},
		"comment is not continued": {"# no \\\nnumpy", []logicalLine{{2, "numpy"}}},
		"CR line ends":             {"numpy\rpandas", []logicalLine{{1, "numpy"}, {2, "pandas"}}},
		"UTF-8 with byte order":    {"\xef\xbb\xbfnumpy", []logicalLine{{1, "numpy"}}},
		"UTF-16 from PowerShell":   {"\xff\xfea\x00\r\x00\n\x00b\x00", []logicalLine{{1, "a"}, {2, "b"}}},
		"UTF-16 with big-endian":   {"\xfe\xff\x00a", []logicalLine{{1, "a"}}},
		"hashes on other lines":    {"a==1 \\\n  --hash=sha256:aa \\\n  --hash sha256:bb\nb", []logicalLine{{1, "a==1   --hash=sha256:aa   --hash sha256:bb"}, {4, "b"}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := decode([]byte(tc.content))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, logicalLines(text), cmp.AllowUnexported(logicalLine{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestSplitOption(t *testing.T) {
	t.Parallel()
	for word, want := range map[string][2]string{
		"--requirement":           {"--requirement", ""},
		"-r":                      {"--requirement", ""},
		"-cmore.txt":              {"--constraint", "more.txt"},
		"--index-url=https://x/y": {"--index-url", "https://x/y"},
		"-x":                      {"-x", ""},
	} {
		name, value, attached := splitOption(word, lineOptions)
		if name != want[0] || value != want[1] || attached != (value != "") {
			t.Errorf("splitOption(%q) = %q, %q, %t, want %q", word, name, value, attached, want)
		}
	}
}

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"-f './my wheels' --pre": {"-f", "./my wheels", "--pre"},
		`-e "git+https://x/y"`:   {"-e", "git+https://x/y"},
		"--hash\t ''":            {"--hash", ""},
	} {
		got, err := splitWords(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("splitWords(%q): error %v (-want +got)\n%s", text, err, diff)
		}
	}
}
