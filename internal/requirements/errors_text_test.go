package requirements_test

import (
	"testing"

	"github.com/cogfn/cogfn/internal/requirements"
)

func TestErrorTexts(t *testing.T) {
	t.Parallel()
	const invalid = " is not a valid requirement: "
	tests := []struct{ name, content, want string }{
		{"operator", "numpy=>1.0", "line 1: `numpy=>1.0`" + invalid + `"=>" is not an operator; use >=`},
		{"unknown operator", "numpy>>1.0", "line 1: `numpy>>1.0`" + invalid + `">>" is not an operator; use one of == != <= >= < > ~= ===`},
		{"no version", "numpy==", "line 1: `numpy==`" + invalid + "there is no version after ==; add it"},
		{"version", "numpy==one", "line 1: `numpy==one`" + invalid + `"one" is not a version; write it like 1.2.3`},
		{"no operator", "numpy 1.0", "line 1: `numpy 1.0`" + invalid + `"1.0" has no operator; write numpy==1.0`},
		{"two packages", "numpy pandas", "line 1: `numpy pandas`" + invalid + `"pandas" is not expected here; write each package on its own line, and "," between versions`},
		{"comma", "numpy,pandas", "line 1: `numpy,pandas`" + invalid + `"," is not expected here; remove it`},
		{"compatible release", "numpy~=1", "line 1: `numpy~=1`" + invalid + `~= needs at least two numbers; add ".0" to the version`},
		{"prefix", "numpy>=1.*", "line 1: `numpy>=1.*`" + invalid + `>= does not accept ".*"; write the version without it`},
		{"local version", "numpy<1+x", "line 1: `numpy<1+x`" + invalid + `< does not accept a local version; remove "+" and what follows it`},
		{"open bracket", "numpy(>1", "line 1: `numpy(>1`" + invalid + `the "(" is never closed; add the missing ")"`},
		{"open extras", "numpy[a b]", "line 1: `numpy[a b]`" + invalid + "the extras are not closed; write them as [one,two]"},
		{"extras", "numpy[a,]", "line 1: `numpy[a,]`" + invalid + `the extras are not names between "[" and "]"; write them as [one,two]`},
		{"name", "=1.0", "line 1: `=1.0`" + invalid + "it does not begin with the name of a package; write the name first"},
		{"no marker", "numpy;", "line 1: `numpy;`" + invalid + `there is no marker after the ";"; add it or remove the ";"`},
		{"marker variable", "a; python", "line 1: `a; python`" + invalid + `the marker has an unknown variable "python"; use python_version, python_full_version, os_name, sys_platform, platform_release, platform_system, or quotes around a value`},
		{"marker operator", "a; extra", "line 1: `a; extra`" + invalid + `the marker has no valid operator; write it like python_version < "3.12"`},
		{"marker value", "a; extra ==", "line 1: `a; extra ==`" + invalid + `the marker has no value to compare; write it like python_version < "3.12"`},
		{"marker bracket", "a; (extra == 'a'", "line 1: `a; (extra == 'a'`" + invalid + `a "(" in the marker is never closed; add the missing ")"`},
		{"after marker", "a; extra == 'a' 'b'", "line 1: `a; extra == 'a' 'b'`" + invalid + `the marker has an unexpected "'b'"; join conditions with "and" or "or"`},
		{"no URL", "numpy @", "line 1: this line" + invalid + `there is no URL after the "@"; add it`},
		{"path as URL", "numpy @ ./x.whl", "line 1: this line" + invalid + `the "@" is not followed by a URL; write one that begins with file: or https://`},
		{"space in URL", "https://x/a b", "line 1: this line" + invalid + `a URL cannot contain spaces; write %20 for a space, or ";" before a marker`},
		{"scheme", "gopher://x", "line 1: this line" + invalid + "pip does not support the scheme of this URL; use https, file or git+https"},
		{"hidden word", "numpy me@x", "line 1: this line" + invalid + `"***" is not expected here; write each package on its own line, and "," between versions`},
		{"no value", "-r", "line 1: this line" + invalid + "--requirement needs a file name; add it"},
		{"needless value", "--no-index=yes", "line 1: this line" + invalid + "--no-index takes no value; remove the value"},
		{"unknown option", "--upgrade", "line 1: this line" + invalid + "pip does not accept --upgrade in a requirements file; remove it"},
		{"hidden option", "-pX", "line 1: this line" + invalid + "pip accepts no such option in a requirements file; remove it"},
		{"package option", "--hash=a:b", "line 1: this line" + invalid + "--hash applies to one package; write it after the package, on the same line"},
		{"line option", "numpy --pre", "line 1: this line" + invalid + "--pre cannot follow a package; write it on its own line"},
		{"not an option", "--pre numpy", "line 1: this line" + invalid + "a word between the options is not an option; write a package on its own line, before its options"},
		{"open quote", "-e 'x", "line 1: this line" + invalid + "a quote is never closed; add the missing one"},
		{"encoding", "a\xffb", "the file is not UTF-8; save it as UTF-8"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := requirements.Check([]byte(tc.content)); err == nil || err.Error() != tc.want {
				t.Errorf("\n got %v\nwant %s", err, tc.want)
			}
		})
	}
}
