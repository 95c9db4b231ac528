package requirements_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/cogfn/cogfn/internal/requirements"
)

// named lists requirements that begin with a package name, and whether pip accepts them.
var named = []struct {
	text   string
	valid  bool
	modern bool // valid is different before pip 24.1, which dropped support for versions older than PEP 440
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

func TestCheckNamed(t *testing.T) {
	t.Parallel()
	for _, tc := range named {
		if err := requirements.Check([]byte(tc.text)); (err == nil) != tc.valid {
			t.Errorf("Check(%q) = %v, want valid %t", tc.text, err, tc.valid)
		}
	}
}

// TestCheckNamedLikePip compares the table with the parser inside pip.
func TestCheckNamedLikePip(t *testing.T) {
	t.Parallel()
	probe := exec.CommandContext(t.Context(), "python3", "-c", "import pip._vendor.packaging.requirements")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Skipf("python3 has no pip to compare with: %v\n%s", err, out)
	}
	texts := make([]string, len(named))
	for i, tc := range named {
		texts[i] = tc.text
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "testdata/pip_parser.py")
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pip_parser.py: %v\n%s", err, stderr.String())
	}
	var pip struct {
		Major int    `json:"major"`
		Valid []bool `json:"valid"`
	}
	if err := json.Unmarshal(out, &pip); err != nil {
		t.Fatal(err)
	}
	for i, tc := range named {
		if tc.modern && pip.Major < 22 {
			continue
		}
		if pip.Valid[i] != tc.valid {
			t.Errorf("%q: valid for pip is %t, want %t", tc.text, pip.Valid[i], tc.valid)
		}
	}
}
