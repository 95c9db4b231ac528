package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/cogfn/cogfn/api"
)

func readTestingPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each Go and Python block is a part of a file that runs as a test. The block has less indentation than the file.
func TestTestingPageShowsFiles(t *testing.T) {
	t.Parallel()
	page := readTestingPage(t)
	found := regexp.MustCompile("(?sm)^<!-- file: (\\S+) -->\n```(?:go|python)\n(.*?)^```$").FindAllStringSubmatch(page, -1)
	if all := strings.Count(page, "```go\n") + strings.Count(page, "```python\n"); len(found) < 10 || all != len(found) {
		t.Errorf("%d of %d blocks name their file; put a comment such as <!-- file: examples/testing/emulator_test.go --> before each block", len(found), all)
	}
	indentation := regexp.MustCompile(`(?m)^[ \t]+`)
	for _, m := range found {
		file, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m[1])))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(indentation.ReplaceAllString(string(file), ""), indentation.ReplaceAllString(m[2], "")) {
			t.Errorf("this block is not a part of %s:\n%s", m[1], m[2])
		}
	}
}

// The page names each kind of fault and each path of the control API.
func TestTestingPageIsComplete(t *testing.T) {
	t.Parallel()
	page := readTestingPage(t)
	var description struct {
		Paths      map[string]any
		Components struct {
			Schemas struct {
				Fault struct {
					Properties struct{ Kind struct{ Enum []string } }
				} `yaml:"Fault"`
			}
		}
	}
	if err := yaml.Unmarshal(api.Emulator, &description); err != nil {
		t.Fatal(err)
	}
	kinds := description.Components.Schemas.Fault.Properties.Kind.Enum
	if len(kinds) < 10 || len(description.Paths) < 10 {
		t.Fatalf("the description has %d kinds of faults and %d paths", len(kinds), len(description.Paths))
	}
	for _, kind := range kinds {
		if !strings.Contains(page, "`"+kind+"`") {
			t.Errorf("docs/testing.md does not explain the fault %s", kind)
		}
	}
	for path := range description.Paths {
		if !strings.Contains(page, path+"`") {
			t.Errorf("docs/testing.md does not name %s", path)
		}
	}
}
