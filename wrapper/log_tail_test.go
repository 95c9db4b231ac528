package functions

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Lines are held until an answer shows them that was asked for long enough after they first came.
func TestLogTail(t *testing.T) {
	t.Parallel()
	type answer struct {
		log         string // a letter for each line; the same letter for those that are alike
		asked, came int    // seconds
		want        string
	}
	tests := map[string]struct {
		hold    int
		answers []answer
		rest    string
	}{
		"not held":           {0, []answer{{"ab", 0, 9, "ab"}, {"abc", 9, 9, "c"}, {"", 10, 10, ""}, {"abc", 11, 11, ""}}, ""},
		"alike":              {0, []answer{{"aa", 0, 0, "aa"}, {"a", 1, 1, ""}, {"aaba", 2, 2, "ba"}}, ""},
		"late, not held":     {0, []answer{{"ac", 0, 0, "ac"}, {"abc", 1, 1, "b"}}, ""},
		"late, held":         {2, []answer{{"ac", 0, 0, ""}, {"abc", 1, 1, ""}, {"abc", 2, 2, "a"}, {"abc", 3, 3, "bc"}}, ""},
		"held at the end":    {9, []answer{{"ac", 0, 0, ""}, {"abc", 1, 1, ""}}, "abc"},
		"slow answer":        {2, []answer{{"b", 0, 5, ""}, {"ab", 6, 6, ""}, {"ab", 7, 7, ""}, {"ab", 8, 8, "ab"}}, ""},
		"asked for too soon": {2, []answer{{"b", 0, 1, ""}, {"b", 2, 9, ""}, {"b", 3, 9, "b"}}, ""},
		"empty meanwhile":    {2, []answer{{"b", 0, 0, ""}, {"", 5, 5, ""}, {"ab", 6, 6, ""}, {"ab", 8, 8, "ab"}}, ""},
		"shorter meanwhile":  {2, []answer{{"ac", 0, 0, ""}, {"a", 2, 2, "a"}, {"abc", 3, 3, ""}, {"", 9, 9, ""}}, "bc"},
		"late and alike":     {2, []answer{{"ba", 0, 0, ""}, {"aba", 1, 1, ""}}, "aba"},
		"two answers":        {9, []answer{{"acd", 0, 0, ""}, {"abd", 1, 1, ""}, {"ae", 2, 2, ""}}, "acbde"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := func(seconds int) time.Time { return time.Unix(int64(seconds), 0) }
			text := func(lines CallLog) string { return strings.Join(each(lines, CallLogEntry.Text), "") }
			var tail logTail
			var got, want []string
			for _, a := range test.answers {
				var log CallLog
				for _, letter := range a.log {
					var line CallLogEntry
					line.Message, line.Timestamp = new(string(letter)), new(int64(1))
					log = append(log, line)
				}
				got = append(got, text(tail.read(log, at(a.asked), at(a.came), time.Duration(test.hold)*time.Second)))
				want = append(want, a.want)
			}
			got, want = append(got, text(tail.rest())), append(want, test.rest)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("lines after each answer, and the rest (-want +got):\n%s", diff)
			}
			check(t, "nothing is left", len(tail.rest()), 0)
		})
	}
}
