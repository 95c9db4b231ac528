package cron

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Describe returns an expression in English, such as "Every 5 minutes" or "At 07:00 AM, only on Monday". It returns an
// expression unchanged if it is not valid or has no short description.
func Describe(expression string) string {
	fields := strings.Fields(expression)
	if len(fields) != 5 {
		return expression
	}
	timeOfDay, ok := describeTime(fields[0], fields[1])
	if !ok {
		return expression
	}
	days, ok := describeDays(fields[2], fields[3], fields[4])
	if !ok {
		return expression
	}
	return timeOfDay + days
}

func describeTime(minute, hour string) (string, bool) {
	if hour == "*" {
		return describeMinute(minute)
	}
	m, isMinute := parseNumber(minute, 59)
	if !isMinute {
		return "", false
	}
	if every, isStep := parseStep(hour); isStep {
		if m == 0 {
			return fmt.Sprintf("Every %d hours", every), true
		}
		return fmt.Sprintf("At %d minutes past the hour, every %d hours", m, every), true
	}
	h, isHour := parseNumber(hour, 23)
	if !isHour {
		return "", false
	}
	return time.Date(1, 1, 1, h, m, 0, 0, time.UTC).Format("At 03:04 PM"), true
}

// describeMinute describes the minutes of an expression that matches every hour.
func describeMinute(minute string) (string, bool) {
	every, isStep := parseStep(minute)
	m, isMinute := parseNumber(minute, 59)
	switch {
	case minute == "*", isStep && every == 1:
		return "Every minute", true
	case isStep:
		return fmt.Sprintf("Every %d minutes", every), true
	case !isMinute:
		return "", false
	case m == 0:
		return "Every hour", true
	case m == 1:
		return "At 1 minute past the hour", true
	}
	return fmt.Sprintf("At %d minutes past the hour", m), true
}

// describeDays returns "" for an expression that matches every day.
func describeDays(day, month, weekday string) (string, bool) {
	description := ""
	if day != "*" {
		d, ok := parseNumber(day, 31)
		if !ok || weekday != "*" { // "on day 13 or on Friday" has no short form
			return "", false
		}
		description += fmt.Sprintf(", on day %d of the month", d)
	}
	if weekday != "*" {
		weekdays, ok := describeWeekdays(weekday)
		if !ok {
			return "", false
		}
		description += weekdays
	}
	if month != "*" {
		name, ok := fullName(month, monthNames, 1)
		if !ok {
			return "", false
		}
		description += ", only in " + name
	}
	return description, true
}

func describeWeekdays(field string) (string, bool) {
	if from, to, isRange := strings.Cut(field, "-"); isRange {
		first, ok1 := weekdayName(from)
		last, ok2 := weekdayName(to)
		return ", " + first + " through " + last, ok1 && ok2
	}
	name, ok := weekdayName(field)
	return ", only on " + name, ok
}

func weekdayName(value string) (string, bool) {
	if value == "7" {
		value = "0" // both are Sunday
	}
	return fullName(value, weekdayNames, 0)
}

var (
	monthNames   = strings.Fields("January February March April May June July August September October November December")
	weekdayNames = strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday")
)

// fullName returns the full name for a number or a three-letter name; first is the number of the first name.
func fullName(value string, names []string, first int) (string, bool) {
	i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name[:3], value) })
	if n, err := strconv.Atoi(value); err == nil {
		i = n - first
	}
	if i < 0 || i >= len(names) {
		return "", false
	}
	return names[i], true
}

// parseStep returns the number of a field "*/n".
func parseStep(field string) (int, bool) {
	digits, ok := strings.CutPrefix(field, "*/")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0
}

func parseNumber(field string, maximum int) (int, bool) {
	n, err := strconv.Atoi(field)
	return n, err == nil && n >= 0 && n <= maximum
}
