// Package batch calls one function with many inputs, within the limits of the service, and picks up where it was
// interrupted. It stands on the public methods of package functions alone.
//
//	inputs := slices.Values(sensors)
//	for result, err := range batch.Map[Sensor, Score](ctx, client, functions.ExternalID("score"), inputs,
//		batch.WithConcurrency(80), batch.WithRetries(2), batch.WithCheckpoint("scores.jsonl")) {
//		…
//	}
//
// # Limits
//
// The service runs 100 calls of a function and 250 of a project at once, and refuses more with 429. Map keeps to that by
// itself; a Limiter does so for everything in a process that shares it, and bounds requests as well.
//
// # Checkpoints
//
// With WithCheckpoint, Map notes each input whose call has ended in a file, before it returns the result. A run with the
// same inputs and the same file, after whatever end of the one before, returns what the file has (Result.Recorded) and
// calls the function for the rest only. What counts as a result is the end of a call: Completed, Failed or Timeout, after
// all retries. An input whose call could not be made, or whose end was not seen, has no result, and so do inputs whose
// calls were running when the process was killed: these run again, though the function may have been run for them. A
// function must therefore bear to be run twice for one input; once its result is in the file, it never is.
//
// The file is JSON Lines: the first line names the project and the function, every other line holds one input's place and
// the SHA-256 of its JSON, the call as the API shows it, and the response. Inputs themselves are not in it. Lines are
// added and never changed; a last line that was cut off by the end of the process is dropped. Inputs are known by their
// place and their JSON, so they must come in the same order; more may be added at the end. A file of other inputs, another
// function or another project is refused, and so is one that another run is using: the lock is the system's own, and
// leaves with the process that holds it, even a killed one. Systems without such locks (all but Linux, macOS, Windows,
// illumos and the BSDs) refuse checkpoints; so may network file systems.
//
// Each line is given to the system at once, in one piece, so that the end of the process loses no result that was
// returned. A power cut may lose those of the last seconds, which then run again; WithSync rules that out, at the price of
// one fsync a result. A run that comes to its end always syncs the file.
package batch
