package pythontogo

import (
	"regexp"
	"testing"

	"github.com/cogfn/cogfn/tests/snippets"
)

// pythonNames are the methods, parameters and types that the Python SDK 8.22.0 has for Functions.
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
	// Types and their methods
	"Function", "as_write()", "function.call(", "list_calls(", "list_schedules(", "retrieve_call(", "function.update()",
	"FunctionCall", "call.get_logs()", "call.get_response()", "call.update()", "call.wait()", "wait_async()",
	"FunctionSchedule", "schedule.as_write()", "schedule.get_input_data()", "FunctionScheduleWrite", "FunctionWrite",
	"FunctionList", "FunctionWriteList", "FunctionCallList", "FunctionSchedulesList", "FunctionScheduleWriteList",
	"as_ids()", "as_external_ids()", ".get(", "dump()", "dump_yaml()", "to_pandas()",
	"FunctionCallLog", "to_text(", "with_timestamps", "FunctionCallLogEntry",
	"FunctionFilter", "FunctionCallsFilter", "FunctionSchedulesFilter", "TimestampRange",
	"FunctionHandle", "function_call_info", "[requirements]", "validate_function_folder", "FunctionsLimits", "FunctionsStatus",
	"CogniteClient", "AsyncCogniteClient", "CogniteAPIError", "CogniteNotFoundError", "CogniteDuplicatedError",
	// Limits and configuration
	"limit=-1", "limit=None", "float(\"inf\")", "global_config", "max_retries", "max_retry_backoff",
}

func TestPageNamesAllOfPython(t *testing.T) {
	t.Parallel()
	page := snippets.ReadPage(t, "python-to-go.md")
	for _, name := range pythonNames {
		if !containsWord(page, name) {
			t.Errorf("docs/python-to-go.md does not mention %s", name)
		}
	}
}

// containsWord reports whether text contains name, and not only as a part of a longer name.
func containsWord(text, name string) bool {
	pattern := regexp.QuoteMeta(name)
	if regexp.MustCompile(`^\w`).MatchString(name) {
		pattern = `\b` + pattern
	}
	if regexp.MustCompile(`\w$`).MatchString(name) {
		pattern += `\b`
	}
	return regexp.MustCompile(pattern).MatchString(text)
}

func TestContainsWord(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, name string
		want       bool
	}{
		{"a FunctionCall.", "FunctionCall", true},
		{"a FunctionCallList.", "FunctionCall", false},
		{"list_calls()", "calls()", false},
		{"fns.get(id=1)", ".get(", true},
	} {
		if got := containsWord(test.text, test.name); got != test.want {
			t.Errorf("containsWord(%q, %q) = %v; want %v", test.text, test.name, got, test.want)
		}
	}
}
