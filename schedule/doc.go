// Package schedule manages the schedules of functions. The API can only create, list and delete schedules; this package
// adds the operations that are built from these.
//
//	write := functions.ScheduleWrite{Name: "mornings", CronExpression: "0 7 * * MON-FRI"}
//	s, outcome, err := schedule.Upsert(ctx, client, functions.ExternalID("greeter"), write)
//
// The package example is a complete program.
//
//	Upsert       create or replace a schedule by its name
//	Pause        delete a schedule and return what is needed to create it again
//	Resume       create a paused schedule again
//	Refresh      replace a schedule by an equal one with a new session
//	CheckHealth  check the sessions of schedules
//	NextRuns     compute the next times of a cron expression, without a request
//
// # Sessions
//
// The calls of a schedule authenticate with a session that is created together with the schedule. The session can expire,
// be revoked or lose access, while the schedule still exists and its calls fail. CheckHealth finds such schedules, and
// Refresh gives them a new session. Upsert, Resume and Refresh create sessions with the credentials of the client, or with
// those of functions.WithSession.
//
// # Replacing
//
// Schedules cannot be changed. To replace one, this package first creates the new schedule and then deletes the old one, so
// the function is never without a schedule. The new schedule has another id.
package schedule
