// Package functions is a client for the Cognite Functions API: it deploys Python functions to Cognite Data Fusion (CDF),
// calls them, and reads what they print and return. It is the counterpart of client.functions in the Python SDK.
//
//	import functions "github.com/cogfn/cogfn/wrapper"
//
//	cfg, err := functions.ConfigFromEnv()
//	client, err := functions.NewClient(cfg)
//	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "hello"}, functions.Folder("./hello"))
//	fn, err = fn.WaitReady(ctx)
//	call, err := fn.Call(ctx, map[string]any{"name": "Ada"})
//	response, err := call.Response(ctx)
//
// # Names and identifiers
//
// Functions are named by ID or by ExternalID wherever a method takes an Identifier. The API calls functions by id alone;
// the client looks external ids up, remembers them, and looks again when a remembered one is refused.
//
// # Authentication
//
// Config.TokenSource may be any oauth2.TokenSource. ClientCredentials fetches tokens for a machine identity, once for all
// goroutines, and renews them a minute before they expire and when the service refuses one. StaticToken gives a token
// that somebody else has fetched. ConfigFromEnv reads the usual environment variables. Tokens are never sent in clear,
// except to loopback addresses, and never to the signed addresses that files are sent to.
//
// # Sessions
//
// A function acts with a session, which is created right before each call: with the client credentials if the client has
// them, else by exchanging its token. WithSession takes other credentials, WithNonce a session of the caller's own, made
// with Client.Sessions. Sessions creates, lists, retrieves and revokes; the nonce that Create returns serves once and for
// about a minute, and is not shown when the session is printed or encoded.
//
// # Lists and limits
//
// List returns a slice of 25 items at most; WithLimit(n) asks for n, WithLimit(Unlimited) for everything, and limits below
// -1 are refused before anything is sent. All is an iterator over everything, and Chunk hands its items out in slices.
// Calls and sessions are read page by page, with one page in memory. Functions and schedules have no cursor in the API:
// one request asks for 10 000, and a *TruncatedError says so if that many come back.
//
// RetrieveMultiple and Delete take any number of ids and send as many requests as that takes. An unknown id is an error,
// unless IgnoreUnknown(true) is given. FunctionList, CallList and ScheduleList know their ids and find items by them.
//
// # Waiting
//
// Call, Wait and WaitReady wait until the end, an error, or the end of the context. They first look after tens of
// milliseconds and then ever more seldom, up to every ten seconds; WithPoll changes that. Any number of waits on one
// client share their requests. A context that ends does not end the call, as the API cannot cancel one: the *PendingError
// names the calls that go on. Calls.WaitAll waits for several calls, with their failures as data; FollowLogs hands on the
// lines of a log as they come; Run calls, waits and decodes the response.
//
// # Schedules
//
// Schedules.Create lets the service call a function again and again, by a cron expression of five fields in UTC. The
// schedule's session is created like that of a call, but must last: a one-shot session is made only on demand. Schedules
// cannot be changed; AsWrite, Delete and Create replace one.
//
// # Reading and creating again
//
// Types that were read embed the generated ones, hold fields that this version does not know, and encode to the JSON of
// the API. Their milliseconds are times by methods such as Function.Created and Call.Started, and Known tells whether a
// status is one that this version knows. AsWrite turns what was read into what creates it again, as a copy. Secrets come
// back as three stars, and Create refuses those by name.
//
// # Repeating
//
// A request is repeated after a failure that may pass: up to 8 times (WithRetry), with pauses that begin around half a
// second and double up to 30 s, or as long as the service's Retry-After asks. What may be repeated depends on the operation,
// not on the HTTP method:
//
//   - Reading operations, activation and sessions: after 429, 502, 503, 504, timeouts and broken connections.
//   - Creating, deleting, calling and scheduling: after 429, when the service marks the error as repeatable, and when no
//     connection came about; never when the answer was lost, as the work may have been done.
//   - Every attempt of a call or a schedule has a session of its own, since a nonce serves once. A nonce of the caller's
//     own is sent again only when the request never left.
//   - A call whose answer was lost is an *UnknownOutcomeError, and Client.Recover looks for the call.
//
// # Errors
//
// What the service refuses is an *APIError with status, message, missing and duplicated ids and the request id. What got
// no usable answer is a *RequestError, a token that cannot be had a *TokenError, an argument refused before anything was
// sent an *ArgumentError, faulty code a *SourceError. A failed deployment is a *DeployError, a failed call a *CallError,
// a response of another type than Run was asked for a *ResponseError.
// They match ErrNotFound, ErrDuplicated, ErrUnauthorized, ErrForbidden, ErrRateLimited, ErrUnavailable, ErrInvalid,
// ErrCallFailed and ErrCallTimeout with errors.Is. Their texts are for people and may change. No error and no log record
// holds a token, a secret, a nonce or a body.
//
// # The generated client beneath
//
// Package gen, reached with Client.Gen, offers every operation of the description as generated. It follows the description
// and carries no promise of compatibility.
package functions
