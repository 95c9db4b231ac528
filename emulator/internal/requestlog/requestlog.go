// Package requestlog records the last requests that an emulator has received.
package requestlog

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	// maxRequests is the number of recorded requests. Older ones are dropped.
	maxRequests = 1000
	// maxBody is the size of the largest recorded body in bytes.
	maxBody = 16 << 10
)

// Request has the fields of emulator.Request, which documents them.
type Request struct {
	Time               time.Time
	ID                 string
	Operation          string
	Method             string
	Path               string
	Protocol           string
	Header             http.Header
	Body, ResponseBody string
	Status             int
	Duration           time.Duration
	Fault              string
}

// Log contains the last requests. It is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	entries []*Entry // oldest first
}

// Entry is a request that is being recorded.
type Entry struct {
	mu       sync.Mutex
	request  Request
	body     []byte // as received; nil if it is not recorded
	response capture
	begin    time.Time
}

type entryKey struct{}

// Begin records a request. It returns the request with a body that can still be read.
func (l *Log) Begin(r *http.Request, id, path string, now time.Time) (*Entry, *http.Request) {
	e := &Entry{begin: time.Now(), request: Request{
		Time: now, ID: id, Method: r.Method, Path: path, Protocol: r.Proto, Header: r.Header.Clone(),
	}}
	l.add(e)                        // first, because the client may be slow to send the body
	if r.Method != http.MethodPut { // the content of a file
		var body []byte
		r.Body, body = readBody(r.Body)
		e.setBody(body)
	}
	return e, r.WithContext(context.WithValue(r.Context(), entryKey{}, e))
}

func (l *Log) add(e *Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) == maxRequests {
		l.entries[0] = nil // for the garbage collector
		l.entries = l.entries[1:]
	}
	l.entries = append(l.entries, e)
}

func (e *Entry) setBody(body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.body = body
}

// readBody reads the beginning of a body. It returns a reader of the complete body, and the body if it is short enough.
func readBody(body io.ReadCloser) (whole io.ReadCloser, short []byte) {
	if body == nil || body == http.NoBody {
		return body, nil
	}
	begin, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	rest := io.Reader(body)
	if err != nil {
		rest = errorReader{err}
	}
	if len(begin) <= maxBody {
		short = begin
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin), rest), body}, short
}

// errorReader returns an error for each read.
type errorReader struct{ err error }

// Read implements [io.Reader].
func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// Write records a part of the response.
func (e *Entry) Write(part []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.response.Write(part)
}

// End records the end of the response.
func (e *Entry) End(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.request.Status, e.request.Duration = status, time.Since(e.begin)
}

// SetOperation records the operation of a request.
func SetOperation(ctx context.Context, operation string) {
	change(ctx, func(r *Request) { r.Operation = operation })
}

// SetFault records the fault that applies to a request.
func SetFault(ctx context.Context, kind string) {
	change(ctx, func(r *Request) { r.Fault = kind })
}

func change(ctx context.Context, set func(*Request)) {
	if e, ok := ctx.Value(entryKey{}).(*Entry); ok {
		e.mu.Lock()
		defer e.mu.Unlock()
		set(&e.request)
	}
}

// capture keeps a body up to maxBody.
type capture struct {
	bytes   []byte
	tooLong bool
}

// Write implements [io.Writer].
func (c *capture) Write(part []byte) (int, error) {
	switch {
	case c.tooLong:
	case len(c.bytes)+len(part) > maxBody:
		c.bytes, c.tooLong = nil, true
	default:
		c.bytes = append(c.bytes, part...)
	}
	return len(part), nil
}

// Requests returns the recorded requests, oldest first.
func (l *Log) Requests() []Request {
	l.mu.Lock()
	entries := slices.Clone(l.entries)
	l.mu.Unlock()
	requests := make([]Request, len(entries))
	for i, e := range entries {
		requests[i] = e.masked()
	}
	return requests
}

// Clear removes all requests.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

func (e *Entry) masked() Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.request
	r.Path, r.Header = maskPath(r.Path), maskHeader(r.Header)
	r.Body = maskBody(e.body, r.Header)
	if r.Operation != "download" {
		r.ResponseBody = maskBody(e.response.bytes, nil)
	}
	return r
}
