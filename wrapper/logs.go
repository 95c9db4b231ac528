package functions

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// CallLogEntry is one line of the output of a call, from standard output or standard error. Its Timestamp is in
// milliseconds since epoch and may be absent. Several lines may have the same timestamp.
type CallLogEntry struct{ gen.FunctionCallLogEntry }

// Text returns the line without its line ending.
func (e CallLogEntry) Text() string { return deref(e.Message) }

// Time returns the time of the line, or the zero time if the service does not state it.
func (e CallLogEntry) Time() time.Time { return milliseconds(e.Timestamp) }

// String returns the line with its time in UTC, as in "[2026-01-02 15:04:05.678] text".
func (e CallLogEntry) String() string {
	text := oneLine(e.Text())
	if e.Timestamp == nil {
		return text
	}
	return e.Time().UTC().Format(timestampFormat) + text
}

// LogValue returns the same line as String, for package slog.
func (e CallLogEntry) LogValue() slog.Value { return slog.StringValue(e.String()) }

const timestampFormat = "[2006-01-02 15:04:05.000] "

// CallLog is the output of a call, in the order of the response.
type CallLog []CallLogEntry

// Text joins the lines by line breaks. With timestamps, each line starts with its time in UTC, as in
// "[2026-01-02 15:04:05.678] text".
func (l CallLog) Text(withTimestamps bool) string {
	lines := make([]string, len(l))
	for i, entry := range l {
		lines[i] = entry.Text()
		if withTimestamps && entry.Timestamp != nil {
			lines[i] = entry.Time().UTC().Format(timestampFormat) + lines[i]
		}
	}
	return strings.Join(lines, "\n")
}

// String returns the log as one line. Use [CallLog.Text] to print it line by line.
func (l CallLog) String() string { return oneLineOf(l) }

// LogValue returns the same line as String, for package slog.
func (l CallLog) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Logs returns the output of a call up to now. The service may show lines some seconds after the end of the call.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-calls/operation/getFunctionCallLogs
func (s *CallsService) Logs(ctx context.Context, fn Identifier, id int64) (_ CallLog, err error) {
	defer explain(&err, "retrieve the log of call %d of the function with %v", id, fn)
	got, err := withCall(ctx, s.client, fn, id, s.client.api.GetFunctionCallLogs)
	if err != nil {
		return nil, err
	}
	return each(got.Items, func(entry gen.FunctionCallLogEntry) CallLogEntry { return CallLogEntry{entry} }), nil
}
