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

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readPage(t *testing.T) string {
	t.Helper()
	return readFile(t, filepath.Join("..", "..", "docs", "python-to-go.md"))
}

// dedent removes the leading tabs of the first line from every line. It does not change lines of raw strings, which start
// with fewer tabs.
func dedent(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		indent := lines[0][:len(lines[0])-len(strings.TrimLeft(lines[0], "\t"))]
		b.WriteString(strings.TrimPrefix(line, indent) + "\n")
	}
	return b.String()
}

// testedSnippets returns the snippets in the test files of this directory, by name.
func testedSnippets(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, file := range files {
		var name string
		var lines []string
		for line := range strings.Lines(readFile(t, file)) {
			line = strings.TrimSuffix(line, "\n")
			begin, isBegin := strings.CutPrefix(strings.TrimSpace(line), "// snippet: ")
			switch {
			case isBegin && name != "":
				t.Errorf("%s: the snippet %s has no line // end", file, name)
			case isBegin:
				name, lines = begin, nil
			case name != "" && strings.TrimSpace(line) == "// end":
				if _, twice := found[name]; twice {
					t.Errorf("%s: duplicate snippet %s", file, name)
				}
				found[name], name = dedent(lines), ""
			case name != "":
				lines = append(lines, line)
			}
		}
		if name != "" {
			t.Errorf("%s: the snippet %s has no line // end", file, name)
		}
	}
	return found
}

// pageSnippets returns the Go code blocks of the page. The key is the name in the comment before the block.
func pageSnippets(t *testing.T, text string) map[string]string {
	t.Helper()
	blocks := regexp.MustCompile("(?sm)^(?:<!-- snippet: ([a-z-]+) -->\n)?```go\n(.*?)^```$").FindAllStringSubmatch(text, -1)
	found := map[string]string{}
	for _, block := range blocks {
		name, code := block[1], block[2]
		if name == "" {
			t.Errorf("a Go code block has no comment with the name of its snippet:\n%s", code)
			continue
		}
		if _, twice := found[name]; twice {
			t.Errorf("the page contains the snippet %s twice", name)
		}
		found[name] = code
	}
	if all := strings.Count(text, "```go"); all != len(blocks) {
		t.Errorf("parsed %d of %d Go code blocks", len(blocks), all)
	}
	return found
}

func TestPageShowsTestedSnippets(t *testing.T) {
	t.Parallel()
	code := testedSnippets(t)
	if diff := cmp.Diff(code, pageSnippets(t, readPage(t))); diff != "" {
		t.Errorf("snippets (-tests +page):\n%s", diff)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(code)), slices.Sorted(maps.Keys(snippets))); diff != "" {
		t.Errorf("names (-snippets in the test files +entries of the map snippets):\n%s", diff)
	}
}

// pythonNames contains the methods, parameters and types of the Python SDK 8.22.0 for Functions. The page must contain all
// of them.
var pythonNames = []string{
	// FunctionsAPI
	"functions(", "chunk_size", "functions.create(", "folder=", "file_id=", "function_handle=", "function_path", "external_id",
	"description", "owner", "secrets", "env_vars", "cpu", "memory", "runtime", "metadata", "index_url", "extra_index_urls", "data_set_id",
	"skip_folder_validation", "functions.retrieve(", "functions.retrieve_multiple(", "ignore_unknown_ids", "functions.list(",
	"external_id_prefix", "created_time", "functions.delete(", "functions.call(", "wait=", "nonce=", "functions.limits()",
	"functions.status()", "functions.activate()",
	// FunctionCallsAPI
	"calls.list(", "schedule_id", "start_time", "end_time", "calls.retrieve(", "calls.get_response(", "calls.get_logs(",
	// FunctionSchedulesAPI
	"schedules(", "schedules.list(", "function_id", "function_external_id", "cron_expression", "schedules.retrieve(", "schedules.create(",
	"client_credentials=", "schedules.delete(", "schedules.get_input_data(",
	// SessionsAPI
	"iam.sessions.create(", "iam.sessions.list(", "iam.sessions.retrieve(", "iam.sessions.revoke(",
	"DEFAULT", "CLIENT_CREDENTIALS", "TOKEN_EXCHANGE", "ONESHOT_TOKEN_EXCHANGE",
	// types and their methods
	"Function", "as_write()", "function.call(", "list_calls(", "list_schedules(", "retrieve_call(", "function.update()",
	"FunctionCall", "call.get_logs()", "call.get_response()", "call.update()", "call.wait()", "wait_async()",
	"FunctionSchedule", "schedule.as_write()", "schedule.get_input_data()", "FunctionScheduleWrite", "FunctionWrite",
	"FunctionList", "FunctionWriteList", "FunctionCallList", "FunctionSchedulesList", "FunctionScheduleWriteList",
	"as_ids()", "as_external_ids()", ".get(", "dump()", "dump_yaml()", "to_pandas()",
	"FunctionCallLog", "to_text(", "with_timestamps", "FunctionCallLogEntry",
	"FunctionFilter", "FunctionCallsFilter", "FunctionSchedulesFilter", "TimestampRange",
	"FunctionHandle", "function_call_info", "[requirements]", "validate_function_folder", "requirement syntax", "FunctionsLimits", "FunctionsStatus",
	"CogniteClient", "AsyncCogniteClient", "CogniteAPIError", "CogniteNotFoundError", "CogniteDuplicatedError",
	// limits and configuration
	"limit=-1", "limit=None", "float(\"inf\")", "global_config", "max_retries", "max_retry_backoff",
}

func TestPageContainsPythonNames(t *testing.T) {
	t.Parallel()
	text := readPage(t)
	for _, name := range pythonNames {
		// Match whole words: FunctionCallList does not count as FunctionCall.
		whole := regexp.QuoteMeta(name)
		if regexp.MustCompile(`^\w`).MatchString(name) {
			whole = `\b` + whole
		}
		if regexp.MustCompile(`\w$`).MatchString(name) {
			whole += `\b`
		}
		if !regexp.MustCompile(whole).MatchString(text) {
			t.Errorf("the page does not contain %s", name)
		}
	}
}
