package httpapi

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestCheckAddr(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]struct{ local, remote bool }{
		"127.0.0.1:0":    {true, true},
		"127.8.8.8:80":   {true, true},
		"localhost:80":   {true, true},
		"[::1]:80":       {true, true},
		":0":             {false, true},
		"0.0.0.0:0":      {false, true},
		"192.0.2.1:80":   {false, true},
		"example.com:80": {false, true},
		"127.0.0.1":      {false, false},
		"":               {false, false},
	} {
		if err := CheckAddr(addr, false); (err == nil) != want.local {
			t.Errorf("CheckAddr(%q, false) = %v, want success %t", addr, err, want.local)
		}
		if err := CheckAddr(addr, true); (err == nil) != want.remote {
			t.Errorf("CheckAddr(%q, true) = %v, want success %t", addr, err, want.remote)
		}
	}
}

func TestListenErrorWithoutPermission(t *testing.T) {
	t.Parallel()
	err := listenError("127.0.0.1:80", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)})
	if !strings.Contains(err.Error(), "permission") {
		t.Errorf("error %v, want the missing permission", err)
	}
}
