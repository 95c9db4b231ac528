package faults

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
)

// Serve carries out a request, unless a fault applies to it.
func (e *Engine) Serve(w http.ResponseWriter, r *http.Request, request Request, next http.HandlerFunc) {
	c := connectionOf(r)
	if !c.enter() {
		<-r.Context().Done() // so that the client sees how the connection is closed
		panic(http.ErrAbortHandler)
	}
	if r.ProtoMajor == 2 {
		context.AfterFunc(r.Context(), c.leave) // when the end of the response is written, which is after Serve returns
	} else {
		defer c.leave()
	}
	injection := e.match(r, request)
	if injection == nil {
		next(w, r)
		return
	}
	e.config.Report(r, injection.Fault.Kind)
	e.fail(w, r, &failing{injection, request, c, next})
}

// failing is a request to which a fault applies.
type failing struct {
	*Injection

	request    Request
	connection *connection
	next       http.HandlerFunc
}

// fail makes a request fail.
func (e *Engine) fail(w http.ResponseWriter, r *http.Request, f *failing) {
	fault := f.Fault
	for name, value := range fault.Headers {
		w.Header().Set(name, value)
	}
	if err := e.config.Sleep(r.Context(), fault.Delay); err != nil {
		panic(http.ErrAbortHandler)
	}
	switch fault.Kind {
	case Delay:
		f.next(w, r)
	case StaleRead:
		f.next(w, r.WithContext(f.useCopy(r.Context())))
	case ExpiredNonce:
		f.next(w, r.WithContext(e.config.ExpireNonces(r.Context())))
	case ExpiredToken:
		envelope.Write(w, envelope.New(http.StatusUnauthorized, "Unauthorized: the token has expired, get a new one"))
	case Status, Reset, StreamError, GoAway, Redirect:
		if fault.AfterWork {
			carryOut(r, f.next)
		}
		e.lose(w, r, f)
	default:
		e.change(w, r, fault, f.request, carryOut(r, f.next))
	}
}

// lose sends an error or nothing instead of the response.
func (e *Engine) lose(w http.ResponseWriter, r *http.Request, f *failing) {
	fault := f.Fault
	switch fault.Kind {
	case Status:
		e.setRetryAfter(w, fault)
		message := fault.Message
		if message == "" {
			message = "injected fault: " + http.StatusText(fault.Status)
		}
		envelope.Write(w, envelope.New(fault.Status, "%s", message))
		return
	case Redirect:
		w.Header().Set("Location", target(fault, r.URL))
		w.WriteHeader(statusOr(fault.Status, http.StatusTemporaryRedirect))
		return
	case Reset:
		if f.connection != nil {
			f.connection.reset()
		}
	case GoAway:
		if f.connection != nil && r.ProtoMajor == 2 {
			last := uint32(noProcessedStreams)
			if fault.AfterWork {
				last = highestStream
			}
			f.connection.goAway(r.Context(), last)
		}
	}
	panic(http.ErrAbortHandler) // resets the stream of HTTP/2, and closes the connection of HTTP/1.1
}

func (e *Engine) setRetryAfter(w http.ResponseWriter, fault Fault) {
	switch {
	case fault.RetryAfter != "":
		w.Header().Set("Retry-After", fault.RetryAfter)
	case fault.RetryAfterDate != nil:
		w.Header().Set("Retry-After", e.config.Now().Add(*fault.RetryAfterDate).UTC().Format(http.TimeFormat))
	}
}

func statusOr(status, alternative int) int {
	if status == 0 {
		return alternative
	}
	return status
}

// target returns the URL of a redirect.
func target(fault Fault, path *url.URL) string {
	if fault.Location != "" {
		return fault.Location
	}
	return "https://other.invalid" + path.RequestURI()
}

// bodyPieces is the number of pieces of a slow body.
const bodyPieces = 10

// change sends a changed response. Responses that are errors already are not changed by the kinds that replace a success.
func (e *Engine) change(w http.ResponseWriter, r *http.Request, fault Fault, request Request, held *response) {
	body := held.body.Bytes()
	switch fault.Kind {
	case SlowBody:
		e.sendSlowly(r.Context(), w, held, fault.Duration)
		return
	case TruncatedBody:
		body = body[:len(body)/2]
	case ContentType:
		held.header.Set("Content-Type", "text/html; charset=utf-8")
	case ContentLength:
		held.sendHeader(w, len(body)+1)
		_, _ = w.Write(body) // the client may have disconnected
		return
	case Gzip:
		held.header.Set("Content-Encoding", "gzip")
		body = []byte("this is not gzip")
	case EmptyBody, NullBody, ErrorBody, MissingFields:
		if held.isSuccess() {
			body = replacement(fault, request, held)
		}
	}
	held.send(w, body)
}

// replacement returns the body that replaces that of a success.
func replacement(fault Fault, request Request, held *response) []byte {
	switch fault.Kind {
	case NullBody:
		return []byte("null")
	case ErrorBody:
		message := fault.Message
		if message == "" {
			message = "injected fault"
		}
		body, err := json.Marshal(map[string]any{"error": map[string]any{"code": http.StatusInternalServerError, "message": message}})
		if err != nil {
			panic(err) // cannot happen: numbers and strings can be encoded
		}
		return body
	case MissingFields:
		if fault.Field != "" {
			return withoutFields(held.body.Bytes(), fault.Field)
		}
		return withoutFields(held.body.Bytes(), request.RequiredFields(held.status)...)
	}
	return nil
}

func (e *Engine) sendSlowly(ctx context.Context, w http.ResponseWriter, held *response, duration time.Duration) {
	body := held.body.Bytes()
	held.sendHeader(w, len(body))
	for piece := range bodyPieces {
		if e.config.Sleep(ctx, duration/bodyPieces) != nil {
			panic(http.ErrAbortHandler)
		}
		begin, end := len(body)*piece/bodyPieces, len(body)*(piece+1)/bodyPieces
		_, _ = w.Write(body[begin:end]) // the client may have disconnected
		_ = http.NewResponseController(w).Flush()
	}
}
