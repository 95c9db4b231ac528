// Package batch calls one function with many inputs, within the limits of the service. An interrupted run can be
// continued.
//
//	inputs := slices.Values(sensors)
//	for result, err := range batch.Map[Sensor, Score](ctx, client, functions.ExternalID("score"), inputs,
//		batch.WithConcurrency(80), batch.WithRetries(2), batch.WithCheckpoint("scores.jsonl")) {
//		…
//	}
//
// The example of [Map] is a complete program.
//
// # Limits
//
// The service runs at most 100 calls of a function and 250 calls of a project at the same time, and rejects others with
// status 429. Map stays within these limits. A [Limiter] does so for all calls of a process that share it, and can also
// limit requests.
//
// # Checkpoints
//
// With [WithCheckpoint], Map records the result of each input in a file before it returns it. A later run with the same
// inputs and the same file returns the recorded results (Result.Recorded) and calls the function only for the others.
//
//	State of an input                                   Recorded  Next run
//	the call ended, after all retries                   yes       returns the result
//	the call could not be made                          no        calls the function
//	the context ended during the call                   no        calls the function
//	the process was killed during the call              no        calls the function
//
// A call ends with the status Completed, Failed or Timeout. Functions must tolerate a second run for the same input. Once a
// result is recorded, the input is not run again, unless the call failed and [WithRetryFailed] is used.
//
// Inputs are identified by their position and their JSON, so a later run must have the same inputs in the same order. It
// may have more inputs at the end.
//
// The file is in JSON Lines format. Lines are appended and never changed. An incomplete last line is dropped.
//
//	Line    Content
//	first   format and version, the project and the function
//	others  index of the input, SHA-256 of its JSON, attempts, the call as returned by the API, the response
//
// A *[CheckpointError] rejects these files, which remain unchanged:
//
//	Kind                  Reason
//	ErrCheckpointInUse    another run uses the file
//	ErrCheckpointDiffers  the file belongs to other inputs, another function or another project
//	ErrCheckpointDamaged  a line cannot be read
//
// The operating system locks the file and releases the lock when the process ends, also if it is killed. On Windows, AIX
// and Solaris, the lock is on a second file with the suffix ".lock". Systems without file locks, and some network file
// systems, cannot use checkpoints.
//
// Each line is written by one system call before its result is returned, so a killed process loses no returned result. A
// power failure can lose the results of the last seconds, whose inputs then run again, unless [WithSync] is used. Map syncs
// the file at the end of a run.
package batch
