// Package deploy deploys functions: it plans what a deployment changes, replaces the function, and rolls back to earlier
// code.
//
//	changes, err := deploy.Plan(ctx, client, deploy.Spec{
//		Function: functions.FunctionWrite{Name: "Greeter", ExternalID: new("greeter"), Memory: new(2.0)},
//		Source:   functions.Folder("./greeter"),
//	})
//	fmt.Println(changes)                           // the action and the reasons for it
//	fn, err := deploy.Deploy(ctx, client, changes) // waits until the function is Ready
//	fn, err = deploy.Rollback(ctx, client, "greeter", deploy.Target{})
//
// The package example is a complete program.
//
// # What Plan compares
//
// Plan compares a Spec with a record of the last deployment, not with the settings that the service returns. Defaults of
// the service, masked secrets and raised CPU or memory therefore never cause a deployment. Deploy stores the record in two
// pairs of the function's metadata, which leaves 14 of the 16 pairs to the user:
//
//	cogfn-files     the code files, each with a hash of its content; the first one is in use
//	cogfn-settings  a digest of each setting that the Spec sets
//
// A setting that the Spec leaves out is compared only if the last deployment set it. A function that was not deployed by
// this package has no valid record, and is replaced.
//
// # Secrets
//
// Digests of secrets and index URLs are HMAC-SHA-256 with Spec.SecretsKey and the external id, cut to 64 bits. An unkeyed
// hash would let every reader of the function guess passwords offline. Anything we could derive a key from is also visible
// to these readers, so the caller supplies the key: at least 16 bytes, stored where the secrets are stored. Changing the
// key looks like changed secrets and causes one unnecessary replacement.
//
// # Steps of a replacement
//
// Functions cannot be changed, and two functions cannot have the same external id. So Deploy deletes the old function and
// creates the new one, whose build takes minutes on the real service:
//
//	Step           What happens                                                              Calls are served by
//	StepUpload     upload the code, unless a file with the same content exists               old function
//	StepTrial      build the function under a temporary external id (".cogfn-trial")         old function
//	StepRead       read the schedules, create one of them on the trial to test the session   old function
//	StepDelete     delete the old function, and its schedules with it                        nothing
//	StepCreate     create the new function                                                   nothing
//	StepBuild      wait until it is Ready                                                    nothing, then new function
//	StepSchedules  create the schedules with new sessions                                    new function
//	StepCleanUp    delete the trial and code files beyond Spec.KeepFiles                     new function
//
// Consequences:
//
//   - Between StepDelete and the end of StepBuild, calls are rejected and scheduled calls are not made. Running calls may be
//     lost.
//   - The new function has another id and no call history. Its schedules have other ids.
//   - The schedules have sessions of the client, or of WithSession, regardless of who created the old schedules.
//
// # Failures
//
// Every failure after the checks is an *Error. It names the step, what serves calls, what was left behind and which
// schedules do not run.
//
//   - Failure before the deletion: the old function is unchanged.
//   - The new function is rejected, or its build fails: Deploy creates the old function again (StepRestore) from its code
//     file, the settings that the service returned and its schedules. Secrets and index URLs cannot be read back, so they
//     come from the Spec. The record contains what was sent, so the next Plan reports the differences.
//   - The end of the context stops waiting. Requests that put a function and its schedules in place or clean up are still
//     sent, each for at most 2 minutes.
//   - Another deployment of the same function at the same time: the error wraps ErrBusy, ErrStale or the rejection by the
//     service. Functions and code files of the other deployment are not deleted.
//   - A killed process cannot clean up. If it is killed between deletion and creation, no function exists, and only
//     WithProgress has reported the schedules. The remaining trial blocks other deployments for one hour (ErrBusy).
package deploy
