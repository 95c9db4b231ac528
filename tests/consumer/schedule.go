package main

import (
	"context"
	"time"

	"github.com/cogfn/cogfn/schedule"
	functions "github.com/cogfn/cogfn/wrapper"
)

// everyMorning is the time of the scheduled calls, in UTC.
const everyMorning = "0 6 * * *"

// scheduleScorer schedules the function and returns the time of its next call after now.
func scheduleScorer(ctx context.Context, client *functions.Client, now time.Time) (time.Time, error) {
	write := functions.ScheduleWrite{Name: "every morning", CronExpression: everyMorning}
	if _, _, err := schedule.Upsert(ctx, client, functions.ExternalID(externalID), write); err != nil {
		return time.Time{}, err
	}
	next, err := schedule.NextRuns(everyMorning, 1, now)
	if err != nil {
		return time.Time{}, err
	}
	return next[0], nil
}
