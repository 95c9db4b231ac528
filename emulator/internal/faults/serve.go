package faults

import (
	"net/http"
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
		c.leaveWhenClosed(w)
	} else {
		defer c.leave()
	}
	injection := e.match(r, request)
	if injection == nil {
		next(w, r)
		return
	}
	e.config.Report(r, injection.Fault.Kind)
	for name, value := range injection.Fault.Headers {
		w.Header().Set(name, value)
	}
	f := &failing{injection, e.config, request, c, next}
	if !f.Fault.AfterWork {
		f.sleep(r, f.Fault.Delay)
	}
	behaviors[f.Fault.Kind](f, w, r)
}

// failing is a request to which a fault applies.
type failing struct {
	*Injection

	config     Config
	request    Request
	connection *connection
	next       http.HandlerFunc
}

// sleep waits on the emulator's clock. It aborts the request if the client disconnects first.
func (f *failing) sleep(r *http.Request, d time.Duration) {
	if f.config.Sleep(r.Context(), d) != nil {
		panic(http.ErrAbortHandler)
	}
}

// delay carries out a request. After the work, its response waits for the delay.
func (f *failing) delay(w http.ResponseWriter, r *http.Request) {
	if !f.Fault.AfterWork {
		f.next(w, r)
		return
	}
	held := carryOut(r, f.next)
	f.sleep(r, f.Fault.Delay)
	held.send(w, held.body.Bytes())
}

// behavior makes a request fail.
type behavior func(f *failing, w http.ResponseWriter, r *http.Request)

var behaviors = map[Kind]behavior{
	Delay: (*failing).delay,

	Status:      lose((*failing).sendStatus),
	Redirect:    lose((*failing).redirect),
	Reset:       lose((*failing).reset),
	StreamError: lose(abort),
	GoAway:      lose((*failing).goAway),

	SlowBody:      change((*failing).sendSlowly),
	ContentLength: change(sendTooLittle),
	TruncatedBody: change(sendBody(func(held *response, _ *failing) []byte { return held.body.Bytes()[:held.body.Len()/2] })),
	ContentType:   change(sendBody(asHTML)),
	Gzip:          change(sendBody(asGzip)),
	EmptyBody:     change(sendBody(insteadOfSuccess(func(*response, *failing) []byte { return nil }))),
	NullBody:      change(sendBody(insteadOfSuccess(func(*response, *failing) []byte { return []byte("null") }))),
	ErrorBody:     change(sendBody(insteadOfSuccess(errorBody))),
	MissingFields: change((*failing).sendWithoutFields),

	StaleRead: func(f *failing, w http.ResponseWriter, r *http.Request) {
		f.next(w, r.WithContext(f.useCopy(r.Context())))
	},
	ExpiredNonce: func(f *failing, w http.ResponseWriter, r *http.Request) {
		f.next(w, r.WithContext(f.config.ExpireNonces(r.Context())))
	},
	ExpiredToken: func(_ *failing, w http.ResponseWriter, _ *http.Request) {
		envelope.Write(w, envelope.New(http.StatusUnauthorized, "Unauthorized: the token has expired, get a new one"))
	},
}
