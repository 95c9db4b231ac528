// Package emulator runs the Cognite Functions service in one process: for tests, for work without a network, and for
// trying a function before deployment.
//
// In a test, package functionstest starts an emulator and returns a client of it. [RunT] starts an emulator without a
// client, and [Start] is for all other programs.
//
//	client, e := functionstest.Run(t, emulator.Options{Handlers: map[string]emulator.Handler{
//		"add": func(ctx context.Context, call *emulator.Call) (any, error) { return 42, nil },
//	}})
//
// The example of [Start] is a complete program.
//
// # Control
//
// A test controls the emulator with the methods of [Emulator]; docs/testing.md explains them with examples:
//
//   - Time: Advance, SetTime, Freeze. There is one clock. It is the real time until a test moves it.
//   - Behavior: SetDeployments and SetCalls set when deployments and calls end, SetOutcomes scripts calls.
//   - Faults: Inject makes requests fail, see [Fault].
//   - Inspection: Requests, Calls, Dump.
//   - State: Snapshot, Restore, Reset.
//
// The control API under /_emulator/ does the same over HTTP. It needs ClientID and ClientSecret as Basic credentials.
// api/emulator.yaml describes it.
//
// # What is emulated
//
//   - Functions, calls, logs, responses, schedules, limits and status: all operations of the Functions API.
//   - Uploaded Python code. It runs in warm processes, one call at a time in each. Requirements of a function are not
//     installed.
//   - Go functions that run instead of Python code, see [Handler]. Tests that use them need no Python.
//   - Schedules. They make calls at the times of their cron expressions, in UTC.
//   - Sessions and nonces.
//   - The operations on files that uploading code needs, with upload and download URLs.
//   - An OAuth 2.0 token endpoint for client credentials, see [Emulator.TokenURL].
//   - The limits of a project, see [Limits], and the error responses of the service.
//
// Each request is checked against the API description. Unknown fields and query parameters are rejected, as by the
// service.
//
// # What is not emulated
//
//   - Other services of Cognite Data Fusion. Their paths return 404.
//   - Capability checks. Every accepted token has all capabilities, and the token inspection endpoint returns them.
//   - More than one project.
//   - The isolation of functions, and limits on their cores and memory.
//
// # Assumptions
//
// Where the behavior of the service is not documented, the emulator has the most likely one.
//
// [Options.Assumptions] changes the behaviors on which a client may depend, such as the statuses of rejected requests, the
// form of errors, and responses that may be absent. The comment of each field of [Assumptions] says what is known. A
// client that works with all values does not depend on the assumption. Comments in the source code mark the other guesses.
//
// [Options.Cloud] selects the limits of Google Cloud, Azure or AWS. They are documented, except for the maximum size of
// responses on Azure and AWS. Fields of [Options.Limits] have priority.
//
// # Options
//
// The zero value of [Options] is an emulator on a free port of 127.0.0.1 that accepts all credentials.
//
//   - Handlers, Overrides: Go functions, and Go functions that run instead of uploaded code.
//   - Deployments, Calls: when deployments and calls end.
//   - TLS: HTTPS with HTTP/2.
//   - DataDir, Sync: persistent state.
//   - Addr, AllowRemote, Project, Clients: address, project and credentials.
//   - Cloud, Limits, NonceLifetime, TokenLifetime: limits and durations, for tests of a client's error handling.
//   - Assumptions: behaviors of the service that are not known for certain.
//   - Python, MaxWorkers: the interpreter and the number of its processes.
//   - ValidateResponses, Logger: checks and logs of the emulator itself.
//
// # State and lifetime
//
// An emulator runs until [Emulator.Close], which ends the processes of all functions. By default, its state is in a
// temporary directory that Close removes. With [Options.DataDir], functions, calls and schedules persist across
// restarts; calls that are running when the emulator stops fail, and deployments start again.
//
// # Security
//
// The emulator executes uploaded code with the rights of its own process. It therefore listens on the loopback
// interface only, and rejects requests whose Host header names another machine, unless [Options.AllowRemote] is set.
// It accepts all credentials unless [Options.Clients] is set.
package emulator
