package requirements_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/internal/requirements"
)

func TestParse(t *testing.T) {
	t.Parallel()
	type list = []requirements.Requirement
	type specs = []requirements.Specifier
	type settings = []requirements.Setting
	tests := map[string]struct {
		text string
		want list
	}{
		"empty":    {"", nil},
		"comments": {"\n# all\n   # indented\n\n", nil},
		"package": {
			"  Numpy[a, b] >= 1.0, <2 ; python_version < \"3.12\"  # why\n",
			list{{
				Line: 1, Text: `Numpy[a, b] >= 1.0, <2 ; python_version < "3.12"`, Name: "Numpy", Extras: []string{"a", "b"},
				Specifiers: specs{{">=", "1.0"}, {"<", "2"}}, Marker: `python_version < "3.12"`,
			}},
		},
		"continued": {
			"numpy \\\r\n  >=1.0, \\\r\n  <2\r\npandas\n",
			list{
				{Line: 1, Text: "numpy   >=1.0,   <2", Name: "numpy", Specifiers: specs{{">=", "1.0"}, {"<", "2"}}},
				{Line: 4, Text: "pandas", Name: "pandas"},
			},
		},
		"continued at the end":      {"numpy\\", list{{Line: 1, Text: "numpy", Name: "numpy"}}},
		"continued into a comment":  {"numpy\\\n# no\npandas", list{{Line: 1, Text: "numpy", Name: "numpy"}, {Line: 3, Text: "pandas", Name: "pandas"}}},
		"comment does not continue": {"# no \\\nnumpy", list{{Line: 2, Text: "numpy", Name: "numpy"}}},
		"old Mac lines":             {"numpy\rpandas", list{{Line: 1, Text: "numpy", Name: "numpy"}, {Line: 2, Text: "pandas", Name: "pandas"}}},
		"byte order mark":           {"\ufeffnumpy", list{{Line: 1, Text: "numpy", Name: "numpy"}}},
		"UTF-16 from PowerShell":    {"\xff\xfea\x00\r\x00\n\x00b\x00", list{{Line: 1, Text: "a", Name: "a"}, {Line: 2, Text: "b", Name: "b"}}},
		"UTF-16, big end first":     {"\xfe\xff\x00a", list{{Line: 1, Text: "a", Name: "a"}}},
		"hashes": {
			"numpy==1.0 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb\n",
			list{{
				Line: 1, Text: "numpy==1.0     --hash=sha256:aa     --hash sha256:bb", Name: "numpy", Specifiers: specs{{"==", "1.0"}},
				Settings: settings{{"--hash", "sha256:aa"}, {"--hash", "sha256:bb"}},
			}},
		},
		"options": {
			"-r base.txt\n-cmore.txt\n--index-url=https://x/simple --extra-index-url https://y/simple\n-f './my wheels'\n--pre\n-e \"git+https://x/y#egg=z\"\n",
			list{
				{Line: 1, Text: "-r base.txt", Kind: requirements.Options, Settings: settings{{"--requirement", "base.txt"}}},
				{Line: 2, Text: "-cmore.txt", Kind: requirements.Options, Settings: settings{{"--constraint", "more.txt"}}},
				{
					Line: 3, Text: "--index-url=https://x/simple --extra-index-url https://y/simple", Kind: requirements.Options,
					Settings: settings{{"--index-url", "https://x/simple"}, {"--extra-index-url", "https://y/simple"}},
				},
				{Line: 4, Text: "-f './my wheels'", Kind: requirements.Options, Settings: settings{{"--find-links", "./my wheels"}}},
				{Line: 5, Text: "--pre", Kind: requirements.Options, Settings: settings{{"--pre", ""}}},
				{Line: 6, Text: `-e "git+https://x/y#egg=z"`, Kind: requirements.Options, Settings: settings{{"--editable", "git+https://x/y#egg=z"}}},
			},
		},
		"paths": {
			"function/x-1.0-py3-none-any.whl\nx.whl\n./pkg\n../pkg[a, b]\nlib/pkg ; python_version > '3'\n/abs/x.tar.gz\n",
			list{
				{Line: 1, Text: "function/x-1.0-py3-none-any.whl", Kind: requirements.Path, Path: "function/x-1.0-py3-none-any.whl"},
				{Line: 2, Text: "x.whl", Kind: requirements.Path, Path: "x.whl"},
				{Line: 3, Text: "./pkg", Kind: requirements.Path, Path: "./pkg"},
				{Line: 4, Text: "../pkg[a, b]", Kind: requirements.Path, Path: "../pkg", Extras: []string{"a", "b"}},
				{Line: 5, Text: "lib/pkg ; python_version > '3'", Kind: requirements.Path, Path: "lib/pkg", Marker: "python_version > '3'"},
				{Line: 6, Text: "/abs/x.tar.gz", Kind: requirements.Path, Path: "/abs/x.tar.gz"},
			},
		},
		"addresses": {
			"https://x/a.whl#sha256=aa\ngit+ssh://git@x/y.git@v1 ; extra == 'a'\nfile:./a.whl\nb @ https://x/b.whl\n",
			list{
				{Line: 1, Text: "https://x/a.whl#sha256=aa", Kind: requirements.Address, URL: "https://x/a.whl#sha256=aa"},
				{Line: 2, Text: "git+ssh://git@x/y.git@v1 ; extra == 'a'", Kind: requirements.Address, URL: "git+ssh://git@x/y.git@v1", Marker: "extra == 'a'"},
				{Line: 3, Text: "file:./a.whl", Kind: requirements.Address, URL: "file:./a.whl"},
				{Line: 4, Text: "b @ https://x/b.whl", Name: "b", URL: "https://x/b.whl"},
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := requirements.Parse("requirements.txt", []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"numpy=>1.0":                `"=>" is no operator; use >=`,
		"numpy>>1.0":                `">>" is no operator; use one of == != <= >= < > ~= ===`,
		"numpy==":                   "no version follows ==; add it",
		"numpy==one":                `"one" is no version; write it like 1.2.3`,
		"numpy 1.0":                 `"1.0" has no operator; write numpy==1.0`,
		"numpy pandas":              `"pandas" is not expected; put each package on a line of its own and a "," between versions`,
		"numpy,pandas":              `"," is not expected; remove it`,
		"numpy~=1":                  "~= needs at least two numbers; write ~=1.0",
		"numpy>=1.*":                `>= takes no ".*"; write the version without it`,
		"numpy<1+x":                 `< takes no local version; remove what begins with "+"`,
		"numpy(>1":                  `the "(" is never closed; add the missing ")"`,
		"numpy[a b]":                "the extras are not closed; write them as [one,two]",
		"numpy[a,]":                 `the extras are not names between "[" and "]"; write them as [one,two]`,
		"=1.0":                      "it does not begin with the name of a package; write the name first",
		`.\x.whl`:                   "it does not begin with the name of a package; write the name first",
		"numpy;":                    `no marker follows the ";"; add it or remove the ";"`,
		"./x.whl ; python":          `the marker has no variable "python"; use python_version, python_full_version, os_name, sys_platform, platform_release, platform_system, or quotes around a value`,
		"numpy; extra":              `the marker lacks an operator; write it like python_version < "3.12"`,
		"numpy; extra ==":           `the marker lacks a value; write it like python_version < "3.12"`,
		"numpy; (extra == 'a'":      `a "(" in the marker is never closed; add the missing ")"`,
		"numpy; extra == 'a' 'b'":   `"'b'" is not expected in the marker; join conditions by "and" or "or"`,
		"numpy @":                   `no address follows the "@"; add it`,
		"numpy @ ./x.whl":           `what follows the "@" is no address; begin it with file: or https://`,
		"https://x/a b":             `an address holds no blanks; write %20 for a blank, or a ";" before a marker`,
		"gopher://x/a.whl":          `pip cannot fetch from "gopher"; use https, file or git+https`,
		"-r":                        "--requirement needs a file name; add it",
		"--index-url=":              "--index-url needs an address; add it",
		"--no-index=yes":            "--no-index takes no value; remove the value",
		"--upgrade":                 "pip knows no option --upgrade in a requirements file; remove it",
		"--hash=sha256:aa":          "--hash must follow a package; put it behind one",
		"numpy --index-url https:x": "--index-url must stand on a line of its own; move it there",
		"--pre numpy":               `"numpy" is no option; put it on a line of its own`,
		"-e 'x":                     "a quote is never closed; add the missing one",
	}
	for line, why := range tests {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			_, err := requirements.Parse("requirements.txt", []byte("ok\n\n"+line+"\n"))
			want := "requirements.txt:3: `" + line + "` is not a valid requirement: " + why
			if err == nil || err.Error() != want {
				t.Fatalf("\n got %v\nwant %s", err, want)
			}
			if problem, ok := errors.AsType[*requirements.Error](err); !ok || problem.Line != 3 || problem.File != "requirements.txt" {
				t.Errorf("error is %#v", err)
			}
		})
	}
}

func TestParseNotText(t *testing.T) {
	t.Parallel()
	_, err := requirements.Parse("requirements.txt", []byte("a\xffb"))
	if want := "requirements.txt: the file is not UTF-8; save it as UTF-8"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestParseHidesCredentials(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"numpy https://me:pass@word@x/simple", "--index-url https://me:password@x/ --wrong", "numpy>=https://me:password@x",
		"a @ https://me:password@x/a b", "https://me:password@x/a b", "git+https://password@x/y z", "--wrong=https://password@x",
	} {
		_, err := requirements.Parse("requirements.txt", []byte(line))
		if err == nil {
			t.Errorf("%s: accepted", line)
		} else if strings.Contains(err.Error(), "pass") || strings.Contains(err.Error(), "word") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

// TestParseRoundTrip asserts that what Parse found, written in the plain form again, gives the same.
func TestParseRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		blank := rapid.StringMatching(`[ \t]{0,2}`)
		name := rapid.StringMatching(`[A-Za-z0-9]([A-Za-z0-9._-]{0,5}[A-Za-z0-9])?`).Filter(func(s string) bool {
			return !strings.Contains(s, ".") // "a.zip" is a file
		})
		version := rapid.StringMatching(`v?([0-9]!)?[0-9]{1,2}\.[0-9]{1,2}((a|b|rc|-beta)[0-9])?(\.post[0-9]|-[0-9])?(\.dev[0-9])?`)
		want := requirements.Requirement{
			Name: name.Draw(t, "name"), Extras: rapid.SliceOfN(name, 0, 3).Draw(t, "extras"),
			Specifiers: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) requirements.Specifier {
				op := rapid.SampledFrom([]string{"==", "!=", "<=", ">=", "<", ">", "~=", "==="}).Draw(t, "operator")
				return requirements.Specifier{Operator: op, Version: version.Draw(t, "version")}
			}), 0, 3).Draw(t, "specifiers"),
		}
		space := func() string { return blank.Draw(t, "blank") }
		text := want.Name
		if len(want.Extras) > 0 {
			text += space() + "[" + strings.Join(want.Extras, space()+","+space()) + "]"
		}
		conditions := make([]string, len(want.Specifiers))
		for i, s := range want.Specifiers {
			conditions[i] = space() + s.Operator + space() + s.Version + space()
		}
		text += strings.TrimRight(strings.Join(conditions, ","), " \t")
		got, valid := parseOne(text)
		if !valid {
			t.Fatalf("%q was refused", text)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(want, "Line", "Text")); diff != "" {
			t.Fatalf("%q (-want +got)\n%s", text, diff)
		}
	})
}
