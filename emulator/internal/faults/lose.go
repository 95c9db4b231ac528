package faults

import (
	"cmp"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
)

// lose returns a behavior that responds with something else than the operation, before the operation or after it.
func lose(respond behavior) behavior {
	return func(f *failing, w http.ResponseWriter, r *http.Request) {
		if f.Fault.AfterWork {
			carryOut(r, f.next)
			f.sleep(r, f.Fault.Delay) // the delay is that of the response
		}
		respond(f, w, r)
	}
}

func (f *failing) sendStatus(w http.ResponseWriter, _ *http.Request) {
	switch fault := f.Fault; {
	case fault.RetryAfter != "":
		w.Header().Set("Retry-After", fault.RetryAfter)
	case fault.RetryAfterDate != nil:
		w.Header().Set("Retry-After", time.Now().Add(*fault.RetryAfterDate).UTC().Format(http.TimeFormat))
	}
	message := cmp.Or(f.Fault.Message, "injected fault: "+http.StatusText(f.Fault.Status))
	envelope.Write(w, envelope.New(f.Fault.Status, "%s", message))
}

func (f *failing) redirect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Location", cmp.Or(f.Fault.Location, "https://other.invalid"+r.URL.RequestURI()))
	w.WriteHeader(cmp.Or(f.Fault.Status, http.StatusTemporaryRedirect))
}

func (f *failing) reset(w http.ResponseWriter, r *http.Request) {
	if f.connection != nil {
		f.connection.reset()
	}
	abort(f, w, r)
}

func (f *failing) goAway(w http.ResponseWriter, r *http.Request) {
	if f.connection != nil && r.ProtoMajor == 2 {
		last := uint32(noProcessedStreams)
		if f.Fault.AfterWork {
			last = highestStream
		}
		f.connection.goAway(r.Context(), last)
	}
	abort(f, w, r)
}

// abort resets the stream of HTTP/2, and closes the connection of HTTP/1.1.
func abort(*failing, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
