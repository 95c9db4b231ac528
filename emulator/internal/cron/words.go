package cron

import (
	"fmt"
	"strconv"
	"strings"
)

// Words puts an expression into words, as schedules show it in `when`. The service's own wording is not documented
// beyond "Every 5 minutes"; common forms follow the usual cron describers, and an expression outside them is given back
// as it is.
func Words(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) != 5 {
		return expression
	}
	minute, hour, day, month, weekday := fields[0], fields[1], fields[2], fields[3], fields[4]
	clock, ok := clockWords(minute, hour)
	if !ok {
		return expression
	}
	days, ok := dayWords(day, month, weekday)
	if !ok {
		return expression
	}
	return clock + days
}

// clockWords describes when within a day.
func clockWords(minute, hour string) (string, bool) {
	if hour == "*" {
		return hourlyWords(minute)
	}
	m, isMinute := number(minute, 59)
	if !isMinute {
		return "", false
	}
	if every, isStep := step(hour); isStep {
		if m == 0 {
			return fmt.Sprintf("Every %d hours", every), true
		}
		return fmt.Sprintf("At %d minutes past the hour, every %d hours", m, every), true
	}
	h, isHour := number(hour, 23)
	if !isHour {
		return "", false
	}
	half := "AM"
	if h >= 12 {
		half = "PM"
	}
	return fmt.Sprintf("At %02d:%02d %s", (h+11)%12+1, m, half), true
}

func hourlyWords(minute string) (string, bool) {
	if minute == "*" {
		return "Every minute", true
	}
	if every, isStep := step(minute); isStep {
		if every == 1 {
			return "Every minute", true
		}
		return fmt.Sprintf("Every %d minutes", every), true
	}
	m, isMinute := number(minute, 59)
	switch {
	case !isMinute:
		return "", false
	case m == 0:
		return "Every hour", true
	case m == 1:
		return "At 1 minute past the hour", true
	}
	return fmt.Sprintf("At %d minutes past the hour", m), true
}

// dayWords describes on which days; "" for every day.
func dayWords(day, month, weekday string) (string, bool) {
	words := ""
	if day != "*" {
		d, ok := number(day, 31)
		if !ok || weekday != "*" { // "on day 13 or on Fridays" is beyond a short text
			return "", false
		}
		words += fmt.Sprintf(", on day %d of the month", d)
	}
	if weekday != "*" {
		name, ok := weekdayWords(weekday)
		if !ok {
			return "", false
		}
		words += name
	}
	if month != "*" {
		name, ok := named(month, monthNames, 1, "January February March April May June July August September October November December")
		if !ok {
			return "", false
		}
		words += ", only in " + name
	}
	return words, true
}

const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"

func weekdayWords(text string) (string, bool) {
	if from, to, isRange := strings.Cut(text, "-"); isRange {
		first, ok := weekdayName(from)
		last, ok2 := weekdayName(to)
		return ", " + first + " through " + last, ok && ok2
	}
	name, ok := weekdayName(text)
	return ", only on " + name, ok
}

func weekdayName(text string) (string, bool) {
	if text == "7" { // Sunday's second number
		text = "0"
	}
	return named(text, weekdayNames, 0, weekdays)
}

// named turns a number or a short name into a full name.
func named(text string, short []string, first int, full string) (string, bool) {
	names := strings.Fields(full)
	for i, name := range short {
		if strings.EqualFold(name, text) {
			return names[i], true
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < first || n-first >= len(names) {
		return "", false
	}
	return names[n-first], true
}

func step(text string) (int, bool) {
	after, ok := strings.CutPrefix(text, "*/")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(after)
	return n, err == nil && n > 0
}

func number(text string, highest int) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= highest
}
