package requirements_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/internal/requirements"
)

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"empty":     "",
		"package":   "  Numpy[a, b] >= 1.0, <2 ; python_version < \"3.12\"  # why\n",
		"continued": "numpy \\\r\n  >=1.0, \\\r\n  <2\r\npandas\n",
		"UTF-16":    "\xff\xfea\x00\r\x00\n\x00b\x00",
		"hashes":    "numpy==1.0 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb\n",
		"options": "-r base.txt\n-cmore.txt\n--index-url=https://x/simple --extra-index-url https://y/simple\n" +
			"-f './my wheels'\n--pre\n-e \"git+https://x/y#egg=z\"\n",
		"paths": "function/x-1.0-py3-none-any.whl\nx.whl\n./pkg\n../pkg[a, b]\nlib/pkg ; python_version > '3'\n/abs/x.tar.gz\n",
		"URLs":  "https://x/a.whl#sha256=aa\ngit+ssh://git@x/y.git@v1 ; extra == 'a'\nfile:./a.whl\nb @ https://x/b.whl\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := requirements.Check([]byte(content)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckRejects(t *testing.T) {
	t.Parallel()
	for line, keyword := range map[string]string{
		"numpy=>1.0":                ">=",
		"numpy>>1.0":                "one of ==",
		"numpy==":                   "no version",
		"numpy==one":                `"one"`,
		"numpy 1.0":                 "numpy==1.0",
		"numpy pandas":              `"pandas"`,
		"numpy,pandas":              `","`,
		"numpy~=1":                  "two numbers",
		"numpy>=1.*":                `".*"`,
		"numpy<1+x":                 "local version",
		"numpy(>1":                  `")"`,
		"numpy[a b]":                "closed",
		"numpy[a,]":                 "extras",
		"=1.0":                      "name",
		`.\x.whl`:                   "name",
		"numpy;":                    "no marker",
		"./x.whl ; python":          "unknown variable",
		"numpy; python":             `"python"`,
		"numpy; extra":              "operator",
		"numpy; extra ==":           "value",
		"numpy; (extra == 'a'":      `")"`,
		"numpy; extra == 'a' 'b'":   `"'b'"`,
		"numpy @":                   "no URL",
		"numpy @ ./x.whl":           "https://",
		"https://x/a b":             "%20",
		"gopher://x/a.whl":          "scheme",
		"-r":                        "--requirement",
		"--index-url=":              "--index-url",
		"--no-index=yes":            "--no-index",
		"--upgrade":                 "--upgrade",
		"-z":                        "-z",
		"--hash=sha256:aa":          "--hash",
		"numpy --index-url https:x": "--index-url",
		"--pre numpy":               "own line",
		"-e 'x":                     "quote",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			err := requirements.Check([]byte("ok\n\n" + line + "\n"))
			problem, ok := errors.AsType[*requirements.Error](err)
			if !ok || problem.Line != 3 || !strings.Contains(problem.Message, keyword) {
				t.Errorf("got %#v, want an *Error for line 3 with %q", err, keyword)
			}
		})
	}
}

func TestCheckRejectsOtherEncodings(t *testing.T) {
	t.Parallel()
	err := requirements.Check([]byte("a\xffb"))
	if problem, ok := errors.AsType[*requirements.Error](err); !ok || problem.Line != 0 || !strings.Contains(problem.Message, "UTF-8") {
		t.Errorf("got %#v, want an *Error about UTF-8 without a line", err)
	}
}

// TestErrorsHideCredentials writes a credential in each place of a line where pip or a user may put one, and then breaks
// the line.
func TestErrorsHideCredentials(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		// User information of a URL.
		"numpy https://me:hunter2@x/simple",
		"numpy https://me:hunt@hunter2@x/simple",
		"numpy https://hunter2@x/simple",
		"--index-url https://me:hunter2@x/ --wrong",
		"--wrong=https://hunter2@x",
		"numpy>=https://me:hunter2@x",
		"a @ https://me:hunter2@x/a b",
		"a @ https://me:two hunter2@x/a",
		"a @ https://me:hunter2 two@x/a",
		"https://me:hunter2@x/a b",
		"git+https://hunter2@x/y z",
		// User information without "://".
		"a @ me:hunter2@x/a b",
		"me:hunter2@x/a b",
		"hunter2@x/a",
		"numpy hunter2@x",
		"hunter2 two@x",
		"numpy==hunter2@x",
		"git+https:me:hunter2@x/y z",
		"numpy ; me:hunter2@x",
		"numpy ; hunter2 == me@x",
		"numpy ; extra == 'a' me:hunter2@x",
		"--index-url https:me:hunter2@x --wrong",
		"--wrong me:hunter2@x",
		"-i me:hunter2@x numpy",
		// Query.
		"https://x/a?token=hunter2 b",
		"a @ https://x/a?token=hunter2 b",
		"numpy x/a?hunter2",
		"numpy x?a=b&token=hunter2",
		"numpy==x?hunter2",
		"numpy token=hunter2",
		"token=hunter2",
		"API_KEY = hunter2",
		"--index-url https://x/simple?token=hunter2 two",
		"--index-url=x?token=hunter2 --wrong",
		// Path.
		"https://x/t/hunter2/simple b",
		"a @ https://x/t/hunter2/simple b",
		"a @ x/t/hunter2/simple",
		"x/t/hunter2/simple b",
		"numpy x/hunter2",
		"numpy ; hunter2 == x/y",
		"--extra-index-url x/t/hunter2/simple y",
		"hunter2://x/y",
		// Values of options.
		"--index-url x hunter2",
		"--pre hunter2",
		"--wrong=hunter2",
		"--hunter2",
		"-phunter2",
		"--pre=hunter2",
		"--global-option=--token=hunter2 x",
		"numpy --global-option --token=hunter2 x",
		"numpy --wrong hunter2",
		"numpy hunter2 --hash=sha256:aa",
		"--hash=hunter2",
		"-e 'hunter2",
		"numpy \\\n  https://x?token=hunter2",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			err := requirements.Check([]byte(line))
			if err == nil {
				t.Fatal("the line was accepted, so it checks no error")
			}
			if strings.Contains(err.Error(), "hunt") {
				t.Errorf("the error shows the credential: %v", err)
			}
		})
	}
}

// TestErrorsHideAnyCredential generates lines from a credential and the parts of URLs and requirements, in any order.
func TestErrorsHideAnyCredential(t *testing.T) {
	t.Parallel()
	parts := rapid.SampledFrom([]string{
		"hunter2", "hunter2", "numpy", "me", "1.0", "x.test", "https", "git+https", " ", " ", "://", ":", "//", "/", "@", "?", "&", "=", "==", ">=",
		",", ";", "[", "]", "(", ")", "'", "-", "--", "-i ", "--index-url ", "--hash=", "token=", "python_version", " and ", " in ", ".whl",
	})
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOfN(parts, 1, 12).Draw(t, "parts"), "")
		err := requirements.Check([]byte(line))
		inURL := strings.ContainsAny(line, ":/@?&") || strings.HasPrefix(strings.TrimSpace(line), "-") || strings.Contains(line, "token=h")
		if err != nil && inURL && strings.Contains(err.Error(), "hunter2") {
			t.Fatalf("the error for %q shows the credential: %v", line, err)
		}
	})
}

func TestErrorsQuoteOtherLines(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"numpy=>1.0", "azure-keyvault-secrets=>4", "azure-keyvault-secrets==x", "numpy latest", "numpy ; python < '3'"} {
		err := requirements.Check([]byte(line))
		if err == nil || !strings.Contains(err.Error(), "`"+line+"`") {
			t.Errorf("got %v, want an error that quotes %s", err, line)
		}
	}
}

// TestCheckAcceptsAnyPackage generates valid requirements with all combinations of extras, conditions and white space.
func TestCheckAcceptsAnyPackage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z0-9]([A-Za-z0-9_-]{0,5}[A-Za-z0-9])?`)
		version := rapid.StringMatching(`v?([0-9]!)?[0-9]{1,2}\.[0-9]{1,2}((a|b|rc|-beta)[0-9])?(\.post[0-9]|-[0-9])?(\.dev[0-9])?`)
		operator := rapid.SampledFrom([]string{"==", "!=", "<=", ">=", "<", ">", "~=", "==="})
		space := func() string { return rapid.StringMatching(`[ \t]{0,2}`).Draw(t, "space") }
		text := name.Draw(t, "name")
		if extras := rapid.SliceOfN(name, 0, 3).Draw(t, "extras"); len(extras) > 0 {
			text += space() + "[" + strings.Join(extras, space()+","+space()) + "]"
		}
		conditions := make([]string, rapid.IntRange(0, 3).Draw(t, "conditions"))
		for i := range conditions {
			conditions[i] = space() + operator.Draw(t, "operator") + space() + version.Draw(t, "version") + space()
		}
		text += strings.TrimRight(strings.Join(conditions, ","), " \t")
		if err := requirements.Check([]byte(text)); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}
