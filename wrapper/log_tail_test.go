package functions

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A delayed line is returned with the first response that contains it and was requested long enough after the line was first
// received.
func TestLogTail(t *testing.T) {
	t.Parallel()
	type logResponse struct {
		log                 string // a letter for each line, the same letter for equal lines
		requested, received int    // seconds
		want                string
	}
	tests := map[string]struct {
		delay     int // seconds
		responses []logResponse
		rest      string
	}{
		"no delay":                       {0, []logResponse{{"ab", 0, 9, "ab"}, {"abc", 9, 9, "c"}, {"", 10, 10, ""}, {"abc", 11, 11, ""}}, ""},
		"equal lines":                    {0, []logResponse{{"aa", 0, 0, "aa"}, {"a", 1, 1, ""}, {"aaba", 2, 2, "ba"}}, ""},
		"late line, no delay":            {0, []logResponse{{"ac", 0, 0, "ac"}, {"abc", 1, 1, "b"}}, ""},
		"late line, delay":               {2, []logResponse{{"ac", 0, 0, ""}, {"abc", 1, 1, ""}, {"abc", 2, 2, "a"}, {"abc", 3, 3, "bc"}}, ""},
		"delayed at the end":             {9, []logResponse{{"ac", 0, 0, ""}, {"abc", 1, 1, ""}}, "abc"},
		"slow response":                  {2, []logResponse{{"b", 0, 5, ""}, {"ab", 6, 6, ""}, {"ab", 7, 7, ""}, {"ab", 8, 8, "ab"}}, ""},
		"requested too early":            {2, []logResponse{{"b", 0, 1, ""}, {"b", 2, 9, ""}, {"b", 3, 9, "b"}}, ""},
		"response is empty":              {2, []logResponse{{"b", 0, 0, ""}, {"", 5, 5, ""}, {"ab", 6, 6, ""}, {"ab", 8, 8, "ab"}}, ""},
		"response is shorter":            {2, []logResponse{{"ac", 0, 0, ""}, {"a", 2, 2, "a"}, {"abc", 3, 3, ""}, {"", 9, 9, ""}}, "bc"},
		"late and equal lines":           {2, []logResponse{{"ba", 0, 0, ""}, {"aba", 1, 1, ""}}, "aba"},
		"responses without common order": {9, []logResponse{{"acd", 0, 0, ""}, {"abd", 1, 1, ""}, {"ae", 2, 2, ""}}, "acbde"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := func(seconds int) time.Time { return time.Unix(int64(seconds), 0) }
			text := func(lines CallLog) string { return strings.Join(each(lines, CallLogEntry.Text), "") }
			var tail logTail
			var got, want []string
			for _, r := range test.responses {
				var log CallLog
				for _, letter := range r.log {
					var line CallLogEntry
					line.Message, line.Timestamp = new(string(letter)), new(int64(1))
					log = append(log, line)
				}
				got = append(got, text(tail.read(log, at(r.requested), at(r.received), time.Duration(test.delay)*time.Second)))
				want = append(want, r.want)
			}
			got, want = append(got, text(tail.rest())), append(want, test.rest)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("lines after each response, and the rest (-want +got):\n%s", diff)
			}
			check(t, "remaining lines", len(tail.rest()), 0)
		})
	}
}
