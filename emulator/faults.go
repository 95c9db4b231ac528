package emulator

import (
	"context"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/emulator/internal/requestlog"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// Fault describes which requests fail, and how. Requests to the control API never fail.
type Fault struct {
	// Operation is the id of an operation in the description, such as "postFunctionsCall", or "token", "upload" or
	// "download". "" means all of these.
	Operation string
	// Skip is the number of requests of the operation that pass first.
	Skip int
	// Times is the number of requests that are affected; 0 means all until the fault is removed.
	Times int
	// Probability is the probability that a request is affected; 0 means 1. Seed determines the sequence.
	Probability float64
	Seed        uint64

	// Kind is what happens.
	Kind FaultKind
	// AfterWork means that the operation is carried out, so that only its response is lost. It applies to [FaultStatus],
	// [FaultReset], [FaultStreamError], [FaultGoAway] and [FaultRedirect]. The response of a [FaultDelay] is late.
	AfterWork bool
	// Delay is the time before the response on the emulator's clock. It applies to all kinds.
	Delay time.Duration

	// Status is the HTTP status of a [FaultStatus], 200 to 599, or of a [FaultRedirect], 300 to 399, whose default is 307.
	Status int
	// Message is the message of a [FaultStatus] or [FaultErrorBody].
	Message string
	// Headers are additional headers of the response. They apply to all kinds that send one.
	Headers map[string]string
	// RetryAfter is the value of the Retry-After header of a [FaultStatus], as it is.
	RetryAfter string
	// RetryAfterDate is the Retry-After header as a date that is this far from now. A negative value is in the past. The date
	// does not follow the emulator's clock, because clients compare it with their own.
	RetryAfterDate *time.Duration
	// Duration is the time in which a [FaultSlowBody] is sent, on the emulator's clock.
	Duration time.Duration
	// Field is what [FaultMissingFields] removes: a path of names and indexes, such as "items.0.status". "" means all required
	// fields of the response.
	Field string
	// Location is the target of a [FaultRedirect]. "" means the same path of https://other.invalid.
	Location string
}

// Check returns an error if the fault is not valid: its kind or operation is unknown, an option does not belong to the kind,
// or a value is out of range.
func (f Fault) Check() error { return faults.Fault(f).Check() }

// FaultKind is what a fault does to a request.
type FaultKind = faults.Kind

// The kinds of faults.
const (
	// FaultStatus responds with a status and an error body.
	FaultStatus = faults.Status
	// FaultDelay responds late.
	FaultDelay = faults.Delay
	// FaultSlowBody sends the body of the response in pieces.
	FaultSlowBody = faults.SlowBody
	// FaultReset resets the TCP connection. On HTTP/2, it affects all requests of the connection.
	FaultReset = faults.Reset
	// FaultStreamError resets the stream of the request on HTTP/2. On HTTP/1.1, it closes the connection.
	FaultStreamError = faults.StreamError
	// FaultGoAway closes the connection with a GOAWAY frame on HTTP/2. Before the work, the frame says that the request was not
	// processed, so that clients may send it again. On HTTP/1.1, it closes the connection.
	FaultGoAway = faults.GoAway
	// FaultTruncatedBody sends the first half of the body, with the length of that half.
	FaultTruncatedBody = faults.TruncatedBody
	// FaultEmptyBody sends a success without a body.
	FaultEmptyBody = faults.EmptyBody
	// FaultNullBody sends a success with the body null.
	FaultNullBody = faults.NullBody
	// FaultErrorBody sends a success with the body of an error.
	FaultErrorBody = faults.ErrorBody
	// FaultMissingFields removes fields from the body of a success.
	FaultMissingFields = faults.MissingFields
	// FaultContentType sends the response with the content type text/html.
	FaultContentType = faults.ContentType
	// FaultContentLength announces more bytes than it sends.
	FaultContentLength = faults.ContentLength
	// FaultGzip announces a gzip body and sends other bytes.
	FaultGzip = faults.Gzip
	// FaultRedirect redirects to another host.
	FaultRedirect = faults.Redirect
	// FaultStaleRead responds with the state at the time when the fault was injected.
	FaultStaleRead = faults.StaleRead
	// FaultExpiredNonce treats the nonce of the request as expired.
	FaultExpiredNonce = faults.ExpiredNonce
	// FaultExpiredToken rejects the tokens that were issued before the fault was injected, with status 401.
	FaultExpiredToken = faults.ExpiredToken
)

// Injection is a fault that was injected.
type Injection struct{ injection *faults.Injection }

// ID identifies the fault in the control API.
func (i *Injection) ID() int64 { return i.injection.ID }

// Fault returns the fault.
func (i *Injection) Fault() Fault { return Fault(i.injection.Fault) }

// Hits returns the number of requests that the fault has affected.
func (i *Injection) Hits() int { return i.injection.Hits() }

// Remove removes the fault. It does nothing if the fault is removed already. It returns an error if the temporary files of a
// [FaultStaleRead] cannot be removed.
func (i *Injection) Remove() error { return i.injection.Remove() }

// Inject makes requests fail from now on. If several faults apply to a request, the first one wins, in the order of
// injection. Requests to the control API never fail.
//
// Inject panics if the fault is not valid, see [Fault.Check].
func (e *Emulator) Inject(f Fault) *Injection {
	injection, err := e.faults.Inject(faults.Fault(f))
	must(err)
	return &Injection{injection}
}

// Faults returns the faults that have not been removed, oldest first.
func (e *Emulator) Faults() []*Injection {
	var all []*Injection
	for _, injection := range e.faults.List() {
		all = append(all, &Injection{injection})
	}
	return all
}

// ClearFaults removes all faults.
func (e *Emulator) ClearFaults() { must(e.faults.Clear()) }

func (e *Emulator) newFaults() *faults.Engine {
	return faults.New(faults.Config{
		Sleep: e.clock.Sleep, CopyState: e.copyState, ExpireNonces: service.WithExpiredNonce,
		Report: func(r *http.Request, kind faults.Kind) { requestlog.SetFault(r.Context(), string(kind)) },
	})
}

func (e *Emulator) copyState() (use func(context.Context) context.Context, closeCopy func() error, err error) {
	c, err := e.store.Copy()
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) context.Context { return store.WithCopy(ctx, c) }, c.Close, nil
}
