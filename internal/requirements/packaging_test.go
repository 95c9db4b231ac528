package requirements_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/internal/requirements"
)

// named lists requirements by name, and whether pip takes them.
var named = []struct {
	text   string
	valid  bool
	modern bool // only so since pip 24.1, which dropped versions from before PEP 440
}{
	{"numpy", true, false},
	{"A", true, false},
	{"zope.interface", true, false},
	{"my_package-2.x", true, false},
	{"3d", true, false},
	{"numpy==1.26.4", true, false},
	{"numpy == 1.26.4", true, false},
	{"numpy>=1.0,<2", true, false},
	{"numpy >= 1.0 , < 2 , != 1.5.*", true, false},
	{"numpy>=1.0,<2,!=1.5", true, false},
	{"numpy (>=1.0)", true, false},
	{"numpy(>=1.0,<2)", true, false},
	{"numpy~=1.4.2", true, false},
	{"numpy~=2.2", true, false},
	{"numpy~=2.2.post3", true, false},
	{"numpy==1.*", true, false},
	{"numpy!=1.2.*", true, false},
	{"numpy===weird-thing", true, false},
	{"numpy==1!2.0", true, false},
	{"numpy==v1.0", true, false},
	{"numpy==1.0a1", true, false},
	{"numpy==1.0.Alpha-1", true, false},
	{"numpy==1.0rc1.post2.dev3", true, false},
	{"numpy==1.0-1", true, false},
	{"numpy==1.0+ubuntu.1", true, false},
	{"numpy==1.0.dev", true, false},
	{"numpy>1.0", true, false},
	{"numpy<1.0b2", true, false},
	{"numpy<=1.0c1", true, false},
	{"pandas[excel]", true, false},
	{"pandas[excel,html]>=2", true, false},
	{"pandas [ excel , html ] >= 2", true, false},
	{"pandas[]", true, false},
	{"numpy; python_version < '3.12'", true, false},
	{"numpy;python_version<'3.12'", true, false},
	{`numpy>=1 ; sys_platform == "linux" and python_version >= "3.10"`, true, false},
	{`numpy ; (os_name == "posix" or os_name == "nt") and extra == "test"`, true, false},
	{`numpy ; "linux" in sys_platform`, true, false},
	{`numpy ; platform_machine not in "x86_64 arm64"`, true, false},
	{`numpy ; python_full_version ~= "3.10.1"`, true, false},
	{`numpy ; implementation_name === "cpython"`, true, false},
	{"numpy ; os.name == 'posix'", true, false},
	{"numpy @ https://example.com/numpy.whl", true, false},
	{"numpy@https://example.com/numpy.whl", true, false},
	{"numpy[x] @ git+https://example.com/numpy.git@v1#egg=numpy", true, false},
	{"numpy @ https://example.com/numpy.whl ; python_version > '3'", true, false},
	{"numpy @ file:///tmp/numpy.whl", true, false},

	{"", false, false},
	{"-numpy", false, false},
	{"_numpy", false, false},
	{"numpy-", false, false},
	{"numpy=>1.0", false, false},
	{"numpy=1.0", false, false},
	{"numpy=<1.0", false, false},
	{"numpy 1.0", false, false},
	{"numpy==", false, true},
	{"numpy>=", false, true},
	{"numpy>=1.0 <2", false, false},
	{"numpy>=1.0,,<2", false, false},
	{"numpy,pandas", false, false},
	{"numpy pandas", false, false},
	{"numpy(>=1.0", false, false},
	{"numpy>=1.0)", false, false},
	{"numpy[extra", false, false},
	{"numpy[ex tra]", false, false},
	{"numpy[a,]", false, false},
	{"numpy[,a]", false, false},
	{"numpy]", false, false},
	{"numpy;", false, false},
	{"numpy; python_version", false, false},
	{"numpy; python_version <", false, false},
	{"numpy; python_version < 3.12", false, false},
	{"numpy; python_version < '3.12", false, false},
	{"numpy; python < '3.12'", false, false},
	{"numpy; (python_version < '3.12'", false, false},
	{"numpy; python_version < '3.12' or", false, false},
	{"numpy; python_version < '3.12' extra == 'a'", false, false},
	{"numpy; python_version not '3.12'", false, false},
	{"numpy @", false, false},
	{"numpy @ https://example.com/a b.whl", false, false},
	{"numpy @ https://example.com/x >=1", false, false},
	{"numpy!1.0", false, false},
	{"numpy<>1.0", false, true},
	{"num\u00fcpy", false, false},
	{"numpy: 1.0", false, false},
	{"\"numpy\"", false, false},
	{"numpy>==1.0", false, true},
	{"numpy==latest", false, true},
	{"numpy~=1", false, true},
	{"numpy>=1.*", false, true},
	{"numpy>=1.0+local", false, true},
	{"numpy==1.0.*.1", false, true},
	{"numpy==1..0", false, true},
	{"numpy==1.0a1.*", false, true},
	{"numpy>=1.0,", true, true},
}

func parseOne(text string) (requirements.Requirement, bool) {
	list, err := requirements.Parse("requirements.txt", []byte(text))
	if err != nil || len(list) != 1 || list[0].Kind != requirements.Named {
		return requirements.Requirement{}, false
	}
	return list[0], true
}

func TestNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range named {
		if _, valid := parseOne(tc.text); valid != tc.valid {
			t.Errorf("%q: valid is %t, want %t", tc.text, valid, tc.valid)
		}
	}
}

type parsed struct {
	Name       string   `json:"name"`
	Extras     []string `json:"extras"`
	Specifiers []string `json:"specifiers"`
	URL        string   `json:"url"`
	Marker     bool     `json:"marker"`
}

// TestNamedAsPip holds the table against the parser inside pip.
func TestNamedAsPip(t *testing.T) {
	t.Parallel()
	probe := exec.CommandContext(t.Context(), "python3", "-c", "import pip._vendor.packaging.requirements")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("pip is missing from python3, so its parser cannot be compared: %v\n%s", err, out)
	}
	texts := make([]string, len(named))
	for i, tc := range named {
		texts[i] = tc.text
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/packaging.py")
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var pip struct {
		Major  int       `json:"major"`
		Parsed []*parsed `json:"parsed"`
	}
	if err := json.Unmarshal(out, &pip); err != nil {
		t.Fatal(err)
	}
	for i, tc := range named {
		if tc.modern && pip.Major < 22 {
			continue
		}
		if diff := cmp.Diff(pip.Parsed[i], summary(tc.text)); diff != "" {
			t.Errorf("%q: pip (-) and Parse (+) differ:\n%s", tc.text, diff)
		}
	}
}

func summary(text string) *parsed {
	r, valid := parseOne(text)
	if !valid {
		return nil
	}
	p := &parsed{Name: r.Name, Extras: []string{}, Specifiers: []string{}, URL: r.URL, Marker: r.Marker != ""}
	p.Extras = append(p.Extras, r.Extras...)
	slices.Sort(p.Extras)
	for _, s := range r.Specifiers {
		p.Specifiers = append(p.Specifiers, s.Operator+strings.TrimSpace(s.Version))
	}
	slices.Sort(p.Specifiers)
	return p
}
