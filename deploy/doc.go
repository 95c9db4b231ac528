// Package deploy brings functions to a project and keeps them there: it finds out what a deployment would change, carries
// it out, goes back to earlier code, and looks after schedules. It stands on the public API of package functions alone.
//
//	changes, err := deploy.Plan(ctx, client, deploy.Spec{
//		Function: functions.FunctionWrite{Name: "Greeter", ExternalID: new("greeter"), Memory: new(2.0)},
//		Source:   functions.Folder("./greeter"),
//	})
//	fmt.Println(changes)                           // what will be done, and why
//	fn, err := deploy.Deploy(ctx, client, changes) // builds, switches over, restores the schedules
//	fn, err = deploy.Rollback(ctx, client, "greeter", deploy.Target{})
//
// # What is compared
//
// The API cannot tell what code a function has, never returns secrets, and fills in or raises what was not set. So Deploy
// writes down, in two pairs of the function's metadata, what it was given: the code files with the hash of their content
// (cogfn-files), and a digest of every setting that the Spec set (cogfn-settings). Plan compares a Spec with these notes
// and not with what the service shows, so defaults of the service, masked secrets and raised cores or memory never cause
// a deployment. A setting that is left out is compared only if it was set the last time. The two pairs leave the user 14
// of the 16 that the API allows.
//
// Secrets and index URLs, which may hold credentials anywhere, enter as HMAC-SHA-256 with Spec.SecretsKey, bound to the
// external id and cut to 64 bits. A plain hash, salted or not, would let everybody who may read functions try out
// likely passwords at home, and nothing that this package could derive a key from is known to the deployer and not to
// such a reader. So a Spec with secrets or index URLs needs a key of 16 bytes or more, kept where the secrets are kept.
// Another key looks like other secrets, and leads to one needless replacement.
//
// # What happens, and what is not atomic
//
// Functions cannot be changed or renamed. To keep an external id, Deploy must delete the old function and create a new
// one, which is built for minutes. So it
//
//  1. uploads the code into a file of its own, whose external id holds the hash, unless that file is there already;
//  2. builds the function under a temporary external id (".cogfn-trial" at the end), so that code that cannot be built
//     never takes the old function down; if there are schedules, it creates one on the trial, which fails if no session
//     can be had;
//  3. reads the schedules with their input data and reports them to WithProgress;
//  4. deletes the old function, creates the new one and waits until it is Ready;
//  5. creates the schedules anew, each with a new session;
//  6. deletes the trial, and code files beyond Spec.KeepFiles.
//
// Between the deletion and Ready nobody can call the function, and scheduled calls of that time are not made. Calls that
// run while the function is deleted may be lost. The new function has another id: the history of calls is gone, and
// schedules have other ids too, and act with sessions of the client or of WithSession, whoever created them before.
//
// # When it fails
//
// Up to the deletion a failure leaves the old function as it is. When the new function is refused or its second build
// fails, the old one is created again from its own code file, with the settings that the service shows and the secrets
// and index URLs of the Spec, since those of the old one cannot be read back, and gets its schedules back. Its notes
// tell what it was created with, so that the next Plan sees secrets and index URLs that differ. Every error after the
// checks is an *Error: it says at which step, what serves now, what is left behind, and which schedules do not run. The
// end of the context stops the waiting only: what is needed to have a function in place, with its schedules, and to
// clean up, is still sent, for two minutes at most each.
//
// When another deployment of the same function gets in the way, the error wraps ErrBusy, ErrStale or the service's
// refusal, and what serves is looked up. A code file that the other one uses too is left to it.
//
// A process that is killed cannot clean up. Killed between deletion and creation, it leaves nothing under the external
// id, and the schedules are known to WithProgress only. The trial that it leaves also tells others that a deployment is
// under way: Deploy refuses to start while there is one, and removes one that is older than an hour.
package deploy
