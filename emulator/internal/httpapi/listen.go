package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"
)

// CheckAddr returns an error if an address is not host:port or, without allowRemote, if other machines can reach it.
func CheckAddr(addr string, allowRemote bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the address %q is not of the form host:port, such as 127.0.0.1:8080", addr)
	}
	if !allowRemote && !isLoopback(host) {
		return fmt.Errorf("the address %s can be reached from other machines, and the emulator runs uploaded code: use 127.0.0.1", addr)
	}
	return nil
}

// Listen listens on a TCP address.
func Listen(addr string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, listenError(addr, err)
	}
	return listener, nil
}

// listenError adds to an error what the user can do.
func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("the address %s is in use; choose another port, or port 0 for a free one", addr)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this process has no permission to listen on %s; choose a port above 1023, or port 0 for a free one", addr)
	}
	return fmt.Errorf("the emulator cannot listen on %s; choose another address: %w", addr, err)
}

// URL returns a URL at which this machine reaches a listener, which may listen on all interfaces.
func URL(scheme string, addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return scheme + "://" + addr.String()
	}
	return scheme + "://" + (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: tcp.Port}).String()
}

// isLoopback reports whether only this machine can reach a host name or address.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
