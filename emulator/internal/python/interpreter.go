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

// errNoPython is returned if there is no Python interpreter that can run functions.
var errNoPython = errors.New("no usable Python interpreter")

// probe prints properties of the interpreter. It also runs on versions that are too old, so that the error can name them.
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

// interpreter is a usable Python interpreter.
type interpreter struct {
	path    string // the real executable; a shim such as that of pyenv adds 0.1 s to each start
	version string // such as "3.11.7"
	// userBase is the directory of "pip install --user" for the user of the emulator; "" if there is none.
	userBase string
}

// findInterpreter returns the interpreter name, or python3 or else python if name is "".
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
		errNoPython, strings.Join(reasons, ", "))
}

// inspect runs the probe in an interpreter.
func inspect(ctx context.Context, name string) (interpreter, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return interpreter{}, fmt.Errorf("%s was not found", name)
	}
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	probing := exec.CommandContext(ctx, path, "-E", "-S", "-c", probe) //nolint:gosec // the user configures the interpreter
	printed, err := probing.Output()
	if err != nil {
		return interpreter{}, fmt.Errorf("%s does not run (%w)", path, err)
	}
	var found struct {
		Executable string `json:"executable"`
		Version    [3]int `json:"version"`
		UserBase   string `json:"user_base"`
	}
	// A shim may print other lines first.
	lines := bytes.Split(bytes.TrimSpace(printed), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &found); err != nil {
		return interpreter{}, fmt.Errorf("%s is not a Python interpreter", path)
	}
	major, minor, patch := found.Version[0], found.Version[1], found.Version[2]
	version := fmt.Sprintf("%d.%d.%d", major, minor, patch)
	if major != 3 || minor < 8 {
		return interpreter{}, fmt.Errorf("%s is Python %s", path, version)
	}
	if found.Executable != "" {
		path = found.Executable
	}
	if !filepath.IsAbs(found.UserBase) {
		found.UserBase = "" // Python does not know the home directory
	}
	return interpreter{path: path, version: version, userBase: found.UserBase}, nil
}
