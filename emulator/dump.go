package emulator

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/service"
)

const (
	dumpedCalls    = 10 // per function
	dumpedLines    = 3  // per call
	dumpedRequests = 20
	dumpTime       = "2006-01-02 15:04:05.000"
)

// Dump returns a readable description of the state for failed tests: the time, the functions with their last calls, the
// schedules, the faults and the last requests. It contains no secrets.
func (e *Emulator) Dump() string {
	state, err := e.service.Describe(context.Background(), dumpedCalls)
	if err != nil {
		return fmt.Sprintf("the state of the emulator cannot be read: %v", err)
	}
	var text strings.Builder
	frozen := ""
	if e.clock.Frozen() {
		frozen = ", frozen"
	}
	fmt.Fprintf(&text, "emulator %s, project %s, %s%s\n", e.URL(), e.Project(), e.Now().UTC().Format(dumpTime), frozen)
	dumpFunctions(&text, state.Functions)
	dumpSchedules(&text, state.Schedules)
	dumpFaults(&text, e.Faults())
	dumpRequests(&text, e.Requests(), e.Project())
	return text.String()
}

// table writes rows of columns with a title, or nothing if there are no rows. A row with one column is a detail of the row
// before it: it is indented, and not aligned.
func table(text *strings.Builder, title string, header []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	var aligned strings.Builder
	w := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	rows = slices.Insert(rows, 0, header)
	for _, row := range rows {
		if len(row) > 1 {
			fmt.Fprintln(w, "  "+strings.Join(oneLines(row), "\t"))
		}
	}
	_ = w.Flush() // a strings.Builder does not fail
	lines := strings.Split(aligned.String(), "\n")
	fmt.Fprintln(text, title)
	for _, row := range rows {
		if len(row) == 1 {
			fmt.Fprintln(text, "    "+oneLine(row[0]))
			continue
		}
		fmt.Fprintln(text, strings.TrimRight(lines[0], " "))
		lines = lines[1:]
	}
}

func dumpFunctions(text *strings.Builder, functions []service.FunctionRecord) {
	for _, f := range functions {
		fmt.Fprintf(text, "\nfunction %d %s: %s\n", f.ID, strings.Join(namesOf(f), " "), f.Status)
		if f.Error != "" {
			fmt.Fprintf(text, "  %s\n", oneLine(f.Error))
		}
		var rows [][]string
		for _, call := range f.LastCalls {
			rows = append(rows, dumpCall(CallRecord(call))...)
		}
		title := fmt.Sprintf("  calls: %d", f.Calls)
		if shown := len(f.LastCalls); f.Calls > shown {
			title += fmt.Sprintf(", the last %d", shown)
		}
		table(text, title, []string{"id", "status", "start", "duration", "schedule", "error"}, rows)
	}
}

// namesOf returns the external id and the name of a function, without an empty or equal one.
func namesOf(f service.FunctionRecord) []string {
	names := slices.Compact([]string{f.ExternalID, f.Name})
	return oneLines(slices.DeleteFunc(names, func(name string) bool { return name == "" }))
}

// dumpCall returns the row of a call, and a row for each of the last lines of its log.
func dumpCall(call CallRecord) [][]string {
	duration, schedule := "", ""
	if !call.EndTime.IsZero() {
		duration = call.EndTime.Sub(call.StartTime).String()
	}
	if call.ScheduleID != 0 {
		schedule = call.ScheduledTime.Format(time.DateTime)
	}
	rows := [][]string{{strconv.FormatInt(call.ID, 10), string(call.Status), call.StartTime.Format(dumpTime), duration, schedule, call.Error}}
	for _, line := range call.Log[max(0, len(call.Log)-dumpedLines):] {
		rows = append(rows, []string{"log: " + line})
	}
	return rows
}

func dumpSchedules(text *strings.Builder, schedules []service.ScheduleRecord) {
	var rows [][]string
	for _, s := range schedules {
		next := "never"
		if !s.Next.IsZero() {
			next = s.Next.UTC().Format(time.DateTime)
		}
		rows = append(rows, []string{strconv.FormatInt(s.ID, 10), s.Name, strconv.FormatInt(s.FunctionID, 10), s.CronExpression, next, string(s.SessionStatus)})
	}
	table(text, "\nschedules", []string{"id", "name", "function", "cron", "next call", "session"}, rows)
}

func dumpFaults(text *strings.Builder, injections []*Injection) {
	var rows [][]string
	for _, i := range injections {
		operation := i.Fault().Operation
		if operation == "" {
			operation = "all"
		}
		rows = append(rows, []string{strconv.FormatInt(i.ID(), 10), string(i.Fault().Kind), operation, strconv.Itoa(i.Hits())})
	}
	table(text, "\nfaults", []string{"id", "kind", "operation", "hits"}, rows)
}

// dumpRequests writes the last requests. Polls, which are equal, are one row.
func dumpRequests(text *strings.Builder, requests []Request, project string) {
	var rows [][]string
	repeated := 0
	for _, r := range slices.Backward(requests) {
		status := "no response"
		if r.Status != 0 {
			status = strconv.Itoa(r.Status)
		}
		row := []string{r.Time.UTC().Format("15:04:05.000"), r.Method, strings.TrimPrefix(r.Path, "/api/v1/projects/"+project), status, r.Fault, ""}
		if last := len(rows) - 1; last >= 0 && slices.Equal(rows[last][1:5], row[1:5]) {
			repeated++
			row[5] = fmt.Sprintf("%d times", repeated+1)
			rows[last] = row
			continue
		}
		if repeated = 0; len(rows) == dumpedRequests {
			break
		}
		rows = append(rows, row)
	}
	slices.Reverse(rows)
	table(text, "\nlast requests", []string{"time", "method", "path", "status", "fault", ""}, rows)
}

// oneLines returns the beginning of each text in one line.
func oneLines(texts []string) []string {
	lines := make([]string, len(texts))
	for i, text := range texts {
		lines[i] = oneLine(text)
	}
	return lines
}

// oneLine returns the beginning of a text in one line.
func oneLine(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
