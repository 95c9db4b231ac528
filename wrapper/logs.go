package functions

import (
	"context"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// CallLogEntry is one line that a call printed to its standard output or standard error. Its Timestamp is in
// milliseconds since epoch and may be absent; lines may share a millisecond.
type CallLogEntry struct{ gen.FunctionCallLogEntry }

// Text is the line without its line end.
func (e CallLogEntry) Text() string { return deref(e.Message) }

// Time is when the line was printed; the zero time if the service does not say.
func (e CallLogEntry) Time() time.Time { return milliseconds(e.Timestamp) }

// CallLog is everything that a call printed so far, oldest line first.
type CallLog []CallLogEntry

// Text joins the lines, with their times before them if asked for, as in "[2026-01-02 15:04:05.678] text" in UTC.
func (l CallLog) Text(withTimestamps bool) string {
	lines := make([]string, len(l))
	for i, entry := range l {
		lines[i] = entry.Text()
		if withTimestamps && entry.Timestamp != nil {
			lines[i] = entry.Time().UTC().Format("[2006-01-02 15:04:05.000] ") + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// Logs returns everything that a call printed so far. The service may deliver lines some seconds after the call's end.
func (s *CallsService) Logs(ctx context.Context, call CallID) (CallLog, error) {
	if err := call.check(); err != nil {
		return nil, err
	}
	got, err := received(s.client.api.GetFunctionCallLogs(ctx, call.FunctionID, call.ID))
	if err != nil {
		return nil, err
	}
	log := make(CallLog, len(got.Items))
	for i, entry := range got.Items {
		log[i] = CallLogEntry{entry}
	}
	return log, nil
}
