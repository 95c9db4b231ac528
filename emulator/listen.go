package emulator

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
)

// listen begins to accept connections at an address that was checked.
func listen(addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, explainListen(addr, err)
	}
	return listener, nil
}

// explainListen puts what stands in the way of listening into a sentence that says what to do.
func explainListen(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("the address %s is in use; choose another port, or port 0 for a free one", addr)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the address %s needs more rights than this process has; choose a port above 1023, or port 0 for a free one", addr)
	}
	return fmt.Errorf("the emulator cannot listen on %s; choose another address: %w", addr, err)
}

// checkAddr refuses addresses that other machines can reach, unless they are allowed.
func (o Options) checkAddr() error {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return fmt.Errorf("the address %q is not of the form host:port, such as 127.0.0.1:8080", o.Addr)
	}
	if !o.AllowRemote && !isLoopback(host) {
		return fmt.Errorf("the address %s can be reached from other machines, and the emulator runs uploaded code: use 127.0.0.1", o.Addr)
	}
	return nil
}

// isLoopback says whether a host name or address means this machine alone.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// reachable returns an address under which this machine reaches the listener, which may listen on all interfaces.
func reachable(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return addr.String()
	}
	return (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}).String()
}
