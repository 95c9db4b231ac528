package faults

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

type connectionKey struct{}

// connection is the connection of a request. Requests on HTTP/2 share one.
type connection struct {
	net.Conn

	mu         sync.Mutex
	requests   int           // in progress
	goAways    int           // those of them that wait to close the connection
	lastStream uint32        // what the GOAWAY frame says about them
	closing    bool          // a fault closes the connection now
	changed    chan struct{} // closed and replaced when requests or goAways has changed
}

// ConnContext is a function for [http.Server.ConnContext]. The faults need the connection.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{Conn: c, changed: make(chan struct{})})
}

// connectionOf returns the connection of a request, or nil if the server has no ConnContext. The methods enter and leave
// of nil do nothing.
func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}

// enter starts a request. It returns false if the connection is closing: the request must not be carried out.
func (c *connection) enter() bool {
	if c == nil {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return false
	}
	c.requests++
	return true
}

// leave ends a request.
func (c *connection) leave() {
	if c != nil {
		c.change(func() { c.requests-- })
	}
}

// leaveWhenClosed ends a request of HTTP/2 when its stream is closed, which is after Serve has returned. The context of the
// request ends too early for that: before the end of the response is written.
func (c *connection) leaveWhenClosed(w http.ResponseWriter) {
	for {
		switch writer := w.(type) {
		case interface{ CloseNotify() <-chan bool }:
			closed := writer.CloseNotify()
			go func() {
				<-closed
				c.leave()
			}()
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = writer.Unwrap()
		default:
			c.leave() // not the writer of net/http
			return
		}
	}
}

func (c *connection) change(set func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	set()
	close(c.changed)
	c.changed = make(chan struct{})
}

// state returns whether the connection is closing, whether all requests in progress wait to close it, and a channel that is
// closed when that may have changed.
func (c *connection) state() (closing, quiet bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing, c.requests == c.goAways, c.changed
}

// claim makes the caller close the connection if it is still quiet and no other request closes it.
func (c *connection) claim() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing || c.requests != c.goAways {
		return false
	}
	c.closing = true
	return true
}

// reset closes the TCP connection with RST.
func (c *connection) reset() {
	plain := c.Conn
	if encrypted, ok := plain.(*tls.Conn); ok {
		plain = encrypted.NetConn()
	}
	if tcp, ok := plain.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails if the connection is closed already
	}
	_ = plain.Close()
}

// The numbers of a GOAWAY frame (RFC 9113, section 6.8).
const (
	frameHeaderLength  = 9
	goAwayLength       = 8
	goAwayType         = 0x7
	highestStream      = 1<<31 - 1
	noProcessedStreams = 0
)

// flushTime is how long the server may take to begin to flush a response whose stream is closed. Once it has begun, other
// writes to the connection wait for it.
const flushTime = 10 * time.Millisecond

// goAway sends a GOAWAY frame and closes the connection. It waits until the other requests on the connection have ended,
// so that the frame is true for them. If several requests wait, one of them sends the frame, with the highest of their
// last streams.
func (c *connection) goAway(ctx context.Context, lastStream uint32) {
	c.change(func() {
		c.goAways++
		c.lastStream = max(c.lastStream, lastStream)
	})
	for {
		closing, quiet, changed := c.state()
		switch {
		case closing:
			return
		case !quiet:
			select {
			case <-changed:
				continue
			case <-ctx.Done():
			}
		default:
			_ = ctxwait.Sleep(ctx, flushTime)
		}
		if ctx.Err() != nil {
			c.change(func() { c.goAways-- })
			return
		}
		if c.claim() {
			break
		}
	}
	frame := make([]byte, frameHeaderLength+goAwayLength) // the flags, the stream and the error code are 0
	frame[2], frame[3] = goAwayLength, goAwayType
	binary.BigEndian.PutUint32(frame[frameHeaderLength:], c.lastStream)
	_, _ = c.Write(frame) // the client may have disconnected
	_ = c.Close()
}
