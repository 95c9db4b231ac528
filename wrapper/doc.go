// Package functions is a client for the Cognite Functions API. It deploys Python functions to Cognite Data Fusion (CDF),
// calls them, schedules them, and reads their logs and responses. It corresponds to client.functions of the Python SDK.
//
// This program deploys a directory with a handler.py, calls the function and prints its response:
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//
//		functions "github.com/cogfn/cogfn/wrapper"
//	)
//
//	func main() {
//		ctx := context.Background()
//		cfg, err := functions.ConfigFromEnv() // CDF_PROJECT, CDF_CLUSTER, IDP_CLIENT_ID, …
//		if err != nil {
//			log.Fatal(err)
//		}
//		client, err := functions.NewClient(cfg)
//		if err != nil {
//			log.Fatal(err)
//		}
//		fn, err := client.Create(ctx, functions.FunctionWrite{Name: "hello"}, functions.Folder("examples/hello"))
//		if err != nil {
//			log.Fatal(err)
//		}
//		if fn, err = fn.WaitReady(ctx); err != nil {
//			log.Fatal(err)
//		}
//		call, err := fn.Call(ctx, map[string]any{"name": "Ada"}) // waits for the end of the call
//		if err != nil {
//			log.Fatal(err)
//		}
//		response, err := call.Response(ctx)
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(string(response)) // {"greeting":"Hello, Ada!"}
//	}
//
// # Overview
//
//   - Functions: [Client.Create], [Client.WaitReady], [Client.List], [Client.All], [Client.Retrieve], [Client.Delete]
//   - Calls: [Client.Call], [Client.Start], [Run], and the methods of [CallsService]
//   - Schedules: the methods of [SchedulesService]
//   - Sessions: the methods of [SessionsService]
//   - Code files: the methods of [FilesService]
//   - The project: [Client.Limits], [Client.Status], [Client.Activate]
//
// Optional fields are pointers. The built-in function new makes one from a value:
//
//	functions.FunctionWrite{Name: "hello", ExternalID: new("hello"), Runtime: new(functions.RuntimePy313)}
//
// # Identifiers
//
// Methods take a function as an [Identifier]: [ID] or [ExternalID]. The API identifies the function of a call by its id
// only. The client resolves external ids, caches the result, and resolves an external id again when the service rejects the
// cached id. A call is identified by its function and its id.
//
// # Authentication
//
// [Config].TokenSource is any oauth2.TokenSource.
//
//   - [ClientCredentials] requests tokens for a machine identity. It renews a token a minute before it expires and when the
//     service rejects it.
//   - [StaticToken] returns a token that the caller provides.
//   - [ConfigFromEnv] reads the environment variables of the Cognite Toolkit.
//
// The client sends tokens over https or to loopback addresses only, and never to the signed URLs of files.
//
// # Sessions
//
// A function acts on behalf of a session. The client creates a session for each call, from its client credentials or by
// exchanging its token. [WithSession] uses other credentials. [WithNonce] uses a session that the caller created with
// Client.Sessions. A nonce is valid once and for about a minute. Printing or encoding a session does not show its nonce.
//
// # Lists and limits
//
//   - List returns a slice of at most 25 items. All returns an iterator over all items.
//   - [WithLimit] sets another limit. [Unlimited] requests all items. Limits below -1 are an error.
//   - [Chunk] groups the items of an iterator into slices.
//   - Calls and sessions have a cursor. The client keeps one page in memory.
//   - Functions and schedules have no cursor. One request returns at most 10,000. If that many come back, the error is a
//     [*TruncatedError].
//   - RetrieveMultiple and Delete accept any number of ids and send as many requests as necessary. An unknown id is an
//     error. [IgnoreUnknown] skips unknown ids.
//
// # Waiting
//
// [Client.Call], [CallsService.Wait], [CallsService.WaitAll] and [Client.WaitReady] poll the service until the result is
// final or the context ends. The poll interval starts at tens of milliseconds and grows to ten seconds. [WithPoll] changes
// it. Waits on one client share their requests. The end of the context does not end the call, because the API cannot cancel
// a call. A [*PendingError] names the calls that continue. [CallsService.FollowLogs] returns log lines as they appear.
//
// # Schedules
//
// [SchedulesService.Create] creates a schedule from a cron expression with five fields in UTC. The session of a schedule
// must outlive the request, so the client does not create a one-shot session for it unless [WithSession] requests one. The
// API cannot change a schedule. Create a new one from [Schedule.AsWrite] and delete the old one.
//
// # Reading and creating again
//
// [Function], [Call], [Schedule], [Session] and [File] embed the generated types. They keep fields that this version does
// not know, and encode to the JSON of the API. Methods such as [Function.Created] and [Call.Started] convert milliseconds
// since epoch to times. [Known] reports whether this version knows a status. AsWrite converts a function or a schedule to
// the value that creates it again. The service returns secrets as three asterisks, which [Client.Create] rejects.
//
// # Retries
//
// The client retries a request after a transient error: at most 8 times, with pauses that start around half a second and
// double up to 30 seconds, or with the pause that Retry-After requests. [WithRetry] changes these numbers. The operation
// determines which errors are transient, not the HTTP method:
//
//	operation                                 retried after
//	every operation                           429, responses that the service marks as retryable, no connection
//	read, activate, create or revoke a        also 502, 503, 504, timeouts, broken connections
//	session, send or download file content
//	call or schedule with a caller's nonce    only requests that were never sent
//
// Each attempt of a call or a schedule has a new session, because a nonce is valid once. A call whose response was lost is
// an [*UnknownOutcomeError]. [Client.Recover] looks for that call.
//
// # Errors
//
//	type                   meaning
//	*APIError              response with a status other than 2xx: status, message, missing ids, request id
//	*RequestError          no usable response: network, timeout, invalid body
//	*TokenError            no access token
//	*NotFoundError         the service left a resource out of its response
//	*ArgumentError         the client rejected an argument before it sent a request
//	*SourceError           the client rejected the code of a function
//	*DeployError           the deployment failed
//	*CallError             the call failed, timed out or ended with another status
//	*ResponseError         the response does not decode to the type that Run expects
//	*UnknownOutcomeError   a call was sent and its response was lost
//	*RecoverError          Recover could not identify the lost call
//	*PendingError          a wait stopped while calls run
//	*TruncatedError        a list without a cursor is incomplete
//
// With errors.Is they match [ErrNotFound], [ErrDuplicated], [ErrUnauthorized], [ErrForbidden], [ErrRateLimited],
// [ErrUnavailable], [ErrInvalid], [ErrCallFailed] and [ErrCallTimeout]. The texts of errors are for people and may change.
// No error and no log record contains a token, a secret, a nonce or a body.
//
// # Generated client
//
// [Client.Gen] returns the generated client of package gen, which has a method for every operation of the description. It
// may change incompatibly.
package functions
