package pythontogo

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func document(t *testing.T) string {
	t.Helper()
	return read(t, filepath.Join("..", "..", "docs", "python-to-go.md"))
}

// dedented takes from every line the tabs that the first one begins with; lines of a text have fewer, and stay.
func dedented(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		indent := lines[0][:len(lines[0])-len(strings.TrimLeft(lines[0], "\t"))]
		b.WriteString(strings.TrimPrefix(line, indent) + "\n")
	}
	return b.String()
}

// marked returns the snippets in this folder's files by name.
func marked(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, file := range files {
		var name string
		var lines []string
		for line := range strings.Lines(read(t, file)) {
			line = strings.TrimSuffix(line, "\n")
			begin, isBegin := strings.CutPrefix(strings.TrimSpace(line), "// snippet: ")
			switch {
			case isBegin && name != "":
				t.Errorf("%s: the snippet %s has no end", file, name)
			case isBegin:
				name, lines = begin, nil
			case name != "" && strings.TrimSpace(line) == "// end":
				if _, twice := found[name]; twice {
					t.Errorf("%s: the snippet %s is there twice", file, name)
				}
				found[name], name = dedented(lines), ""
			case name != "":
				lines = append(lines, line)
			}
		}
		if name != "" {
			t.Errorf("%s: the snippet %s has no end", file, name)
		}
	}
	return found
}

// shown returns the Go blocks of the document by the names before them.
func shown(t *testing.T, text string) map[string]string {
	t.Helper()
	blocks := regexp.MustCompile("(?sm)^(?:<!-- snippet: ([a-z-]+) -->\n)?```go\n(.*?)^```$").FindAllStringSubmatch(text, -1)
	found := map[string]string{}
	for _, block := range blocks {
		name, code := block[1], block[2]
		if name == "" {
			t.Errorf("a Go block has no snippet's name before it:\n%s", code)
			continue
		}
		if _, twice := found[name]; twice {
			t.Errorf("the snippet %s is shown twice", name)
		}
		found[name] = code
	}
	if all := strings.Count(text, "```go"); all != len(blocks) {
		t.Errorf("%d of %d Go blocks can be read", len(blocks), all)
	}
	return found
}

func TestDocumentShowsWhatRuns(t *testing.T) {
	t.Parallel()
	code := marked(t)
	if diff := cmp.Diff(code, shown(t, document(t))); diff != "" {
		t.Errorf("snippets (-in this folder +in the document):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(code)), slices.Sorted(maps.Keys(snippets))); diff != "" {
		t.Errorf("names (-marked +run):\n%s", diff)
	}
}

// pythonNames are what the Python SDK has for Functions: all of it must be in the document.
var pythonNames = []string{
	"functions(", "chunk_size", "functions.create(", "folder=", "file_id=", "function_handle=", "external_id", "description", "owner", "secrets",
	"env_vars", "cpu", "memory", "runtime", "metadata", "index_url", "extra_index_urls", "data_set_id", "skip_folder_validation",
	"functions.retrieve(", "functions.retrieve_multiple(", "ignore_unknown_ids", "functions.list(", "external_id_prefix", "created_time",
	"functions.delete(", "functions.call(", "wait=", "nonce=", "functions.limits()", "functions.status()", "functions.activate()",
	"calls.list(", "schedule_id", "start_time", "end_time", "calls.retrieve(", "calls.get_response(", "calls.get_logs(",
	"schedules(", "schedules.list(", "function_id", "function_external_id", "cron_expression", "schedules.retrieve(", "schedules.create(",
	"client_credentials=", "schedules.delete(", "schedules.get_input_data(",
	"Function", "as_write()", "function.call(", "list_calls(", "list_schedules(", "retrieve_call(", "function.update()",
	"FunctionCall", "call.get_logs()", "call.get_response()", "call.update()", "call.wait()",
	"FunctionSchedule", "schedule.as_write()", "schedule.get_input_data()", "FunctionScheduleWrite", "FunctionWrite",
	"FunctionList", "FunctionWriteList", "FunctionCallList", "FunctionSchedulesList", "FunctionScheduleWriteList",
	"as_ids()", "as_external_ids()", ".get(", "FunctionCallLog", "to_text(", "with_timestamps", "FunctionCallLogEntry",
	"FunctionFilter", "FunctionCallsFilter", "FunctionSchedulesFilter", "TimestampRange",
	"FunctionHandle", "[requirements]", "validate_function_folder", "requirement syntax", "FunctionsLimits", "FunctionsStatus",
	"AsyncCogniteClient", "iam.sessions.create(", "iam.sessions.list(", "iam.sessions.retrieve(", "iam.sessions.revoke(",
	"DEFAULT", "CLIENT_CREDENTIALS", "TOKEN_EXCHANGE", "ONESHOT_TOKEN_EXCHANGE", "limit=-1", "limit=None", "float(\"inf\")",
}

func TestDocumentNamesAllOfPython(t *testing.T) {
	t.Parallel()
	text := document(t)
	for _, name := range pythonNames {
		// Not as a part of a longer name: FunctionCall is not there because FunctionCallList is.
		whole := regexp.QuoteMeta(name)
		if regexp.MustCompile(`^\w`).MatchString(name) {
			whole = `\b` + whole
		}
		if regexp.MustCompile(`\w$`).MatchString(name) {
			whole += `\b`
		}
		if !regexp.MustCompile(whole).MatchString(text) {
			t.Errorf("the document lacks %s", name)
		}
	}
}

// Every entry of the table of contents leads to a heading, and every heading of a chapter is in it.
func TestDocumentsLinks(t *testing.T) {
	t.Parallel()
	text := document(t)
	headings := map[string]bool{}
	for _, h := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(text, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		headings[strings.ReplaceAll(slug, " ", "-")] = true
	}
	linked := map[string]bool{}
	for _, l := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		linked[l[1]] = true
		if !headings[l[1]] {
			t.Errorf("no chapter is called #%s", l[1])
		}
	}
	for h := range headings {
		if !linked[h] && h != "contents" {
			t.Errorf("nothing leads to the chapter #%s", h)
		}
	}
}
