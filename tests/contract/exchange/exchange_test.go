package exchange_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

const oneExchange = `---
version: 2
interactions:
  - id: 0
    request: {method: GET, url: "https://cluster.cognitedata.com/api/v1/projects/project/functions"}
    response: {code: 200, headers: {Content-Type: [application/json]}, body: '{"items": []}'}
`

// writeRecording writes a file to a directory of recordings.
func writeRecording(t interface {
	Fatal(...any)
	Helper()
}, dir, name, text string,
) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeRecording(t, dir, "emulator/b.yaml", "# provenance: emulator\n# source: a test\n"+oneExchange)
	writeRecording(t, dir, "documented/a.yaml",
		"# provenance: documented\n# source: a page\n#   of the reference\n# completed: nothing\n# tolerant: it is old\n"+oneExchange)
	writeRecording(t, dir, "documented/README.md", "not a recording")
	cassettes, err := exchange.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(cassettes) != 2 {
		t.Fatalf("%d cassettes; want 2", len(cassettes))
	}
	documented := exchange.Header{Provenance: exchange.Documented, Source: "a page of the reference", Completed: "nothing", Tolerant: "it is old"}
	if diff := cmp.Diff(documented, cassettes[0].Header); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	x := cassettes[1].Exchanges[0]
	if x.String() != "emulator/b.yaml, exchange 0" || x.Method != http.MethodGet || x.Status != http.StatusOK || x.URL.Path != "/api/v1/projects/project/functions" {
		t.Errorf("unexpected exchange %+v", x)
	}
	if diff := cmp.Diff(map[string]any{"items": []any{}}, x.Response.Value); diff != "" {
		t.Errorf("response (-want +got):\n%s", diff)
	}
}

func TestLoadInvalid(t *testing.T) {
	t.Parallel()
	good := "# provenance: emulator\n# source: a test\n"
	for name, tt := range map[string]struct{ file, text, want string }{
		"no header":            {"emulator/a.yaml", oneExchange, "provenance"},
		"unknown provenance":   {"emulator/a.yaml", "# provenance: rumor\n# source: a test\n" + oneExchange, "provenance"},
		"no source":            {"emulator/a.yaml", "# provenance: emulator\n" + oneExchange, "source"},
		"completed is missing": {"documented/a.yaml", "# provenance: documented\n# source: a page\n" + oneExchange, "completed"},
		"unknown key":          {"emulator/a.yaml", good + "# mood: good\n" + oneExchange, "mood"},
		"no key":               {"emulator/a.yaml", "# hello\n" + oneExchange, "hello"},
		"unknown requests":     {"emulator/a.yaml", good + "# requests: odd\n" + oneExchange, "odd"},
		"emulator as live":     {"live/a.yaml", good + oneExchange, `in the directory "live"`},
		"no exchange":          {"emulator/a.yaml", good + "---\nversion: 2\ninteractions: []\n", "no exchange"},
		"no YAML":              {"emulator/a.yaml", good + "---\n{", "emulator/a.yaml"},
		"ids with a gap":       {"emulator/a.yaml", good + strings.Replace(oneExchange, "id: 0", "id: 3", 1), "ids must count from 0"},
		"address":              {"emulator/a.yaml", good + strings.Replace(oneExchange, "https", ":", 1), "exchange 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			writeRecording(t, dir, tt.file, tt.text)
			if _, err := exchange.Load(dir); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.file) {
				t.Errorf("error = %v; want one that contains %s and %q", err, tt.file, tt.want)
			}
		})
	}
	if _, err := exchange.Load(filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("Load succeeded for a directory that does not exist")
	}
}

// TestHeaderRoundTrip checks that Read returns the header that String wrote.
func TestHeaderRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.StringMatching(`[a-zA-Z0-9,.:#"-]+( [a-zA-Z0-9,.:#"-]+){0,5}`)
		want := exchange.Header{
			Provenance: rapid.SampledFrom(exchange.Provenances()).Draw(t, "provenance"), Source: words.Draw(t, "source"),
			Completed: words.Draw(t, "completed"), Rejected: rapid.Bool().Draw(t, "rejected"),
			Tolerant: rapid.OneOf(rapid.Just(""), words).Draw(t, "tolerant"),
		}
		name := string(want.Provenance) + "/a.yaml"
		writeRecording(t, dir, name, want.String()+oneExchange)
		got, err := exchange.Read(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Header); diff != "" {
			t.Fatalf("header (-want +got):\n%s", diff)
		}
	})
}

func TestNewBody(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		"": true, "{}": true, " [1, 2] \n": true, "null": true, "{": false, "{} {}": false, "{},": false, "<html>": false,
	} {
		if body := exchange.NewBody([]byte(text)); (body.Err == nil) != valid {
			t.Errorf("%q: error = %v; want valid = %v", text, body.Err, valid)
		}
	}
}
