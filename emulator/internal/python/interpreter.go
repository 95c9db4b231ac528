package python

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoPython is found by errors.Is when there is no Python interpreter that can run functions.
var ErrNoPython = errors.New("no usable Python interpreter")

// probe asks an interpreter what it is. It runs on any Python, so that an old one can be named in the error.
const probe = `
import json, sys
try:
    import site
    base = site.getuserbase()
except Exception:
    base = None
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]), "user_base": base}))
`

const probeLimit = 30 * time.Second

// interpreter is a Python that was found to work.
type interpreter struct {
	path    string // the real executable, not a shim in front of it, which costs a tenth of a second at each start
	version string // such as "3.11.7"
	// userBase is where "pip install --user" puts packages for the user of the emulator; "" if that is nowhere.
	userBase string
}

// findInterpreter resolves name, or python3 and then python when it is empty.
func findInterpreter(ctx context.Context, name string) (interpreter, error) {
	names := []string{name}
	if name == "" {
		names = []string{"python3", "python"}
	}
	var reasons []string
	for _, candidate := range names {
		found, err := inspect(ctx, candidate)
		if err == nil {
			return found, nil
		}
		reasons = append(reasons, err.Error())
	}
	return interpreter{}, fmt.Errorf("%w: %s; install Python 3.8 or later, or name an interpreter with the option python",
		ErrNoPython, strings.Join(reasons, ", "))
}

// inspect runs the probe in the interpreter of that name.
func inspect(ctx context.Context, name string) (interpreter, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return interpreter{}, fmt.Errorf("%s was not found", name)
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	printed, err := exec.CommandContext(ctx, path, "-E", "-S", "-c", probe).Output() //nolint:gosec // running the configured interpreter is the purpose
	if err != nil {
		return interpreter{}, fmt.Errorf("%s does not run (%w)", path, err)
	}
	var answer struct {
		Executable string `json:"executable"`
		Version    [3]int `json:"version"`
		UserBase   string `json:"user_base"`
	}
	// A shim in front of the interpreter may print something of its own before.
	lines := bytes.Split(bytes.TrimSpace(printed), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &answer); err != nil {
		return interpreter{}, fmt.Errorf("%s does not answer like Python", path)
	}
	major, minor, patch := answer.Version[0], answer.Version[1], answer.Version[2]
	version := fmt.Sprintf("%d.%d.%d", major, minor, patch)
	if major != 3 || minor < 8 {
		return interpreter{}, fmt.Errorf("%s is Python %s", path, version)
	}
	if answer.Executable != "" {
		path = answer.Executable
	}
	if !filepath.IsAbs(answer.UserBase) {
		answer.UserBase = "" // an unknown home
	}
	return interpreter{path: path, version: version, userBase: answer.UserBase}, nil
}
