package faults

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
	"time"
)

type connectionKey struct{}

// connection is the connection of a request. Requests on HTTP/2 share one.
type connection struct {
	net.Conn

	mu       sync.Mutex
	requests int           // in progress
	closing  bool          // a fault closes the connection
	quiet    chan struct{} // closed when the connection is closing and its other requests have ended
}

// ConnContext is a function for [http.Server.ConnContext]. The faults need the connection.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{Conn: c, quiet: make(chan struct{})})
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
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests--
	c.checkQuiet()
}

// checkQuiet closes quiet when only the request that closes the connection is left.
func (c *connection) checkQuiet() {
	if c.closing && c.requests <= 1 {
		select {
		case <-c.quiet:
		default:
			close(c.quiet)
		}
	}
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

// flushTime is how long the server may take to flush the end of a response. It does not report when that is done.
const flushTime = 10 * time.Millisecond

// goAway sends a GOAWAY frame and closes the connection. It waits until the other requests on the connection have ended,
// so that the frame is true for them. It does nothing if another fault closes the connection.
func (c *connection) goAway(ctx context.Context, lastStream uint32) {
	c.mu.Lock()
	already := c.closing
	c.closing = true
	c.checkQuiet()
	c.mu.Unlock()
	if already {
		return
	}
	select {
	case <-c.quiet:
	case <-ctx.Done():
	}
	time.Sleep(flushTime)
	frame := make([]byte, frameHeaderLength+goAwayLength) // the flags, the stream and the error code are 0
	frame[2], frame[3] = goAwayLength, goAwayType
	binary.BigEndian.PutUint32(frame[frameHeaderLength:], lastStream)
	_, _ = c.Write(frame) // the client may have disconnected
	_ = c.Close()
}
