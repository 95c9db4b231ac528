package emulator_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// reset resets the emulator. It fails the test if Reset does not return.
func (c *testClient) reset() {
	c.t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.Reset() }()
	select {
	case err := <-done:
		if err != nil {
			c.t.Fatal(err)
		}
	case <-time.After(testTimeout):
		c.t.Fatal("Reset does not return")
	}
}

// waitForRequest waits until the last request in the log is to an operation.
func (c *testClient) waitForRequest(operation string) {
	c.t.Helper()
	waitFor(c.t, "the request "+operation, func() (struct{}, bool) {
		requests := c.Requests()
		return struct{}{}, len(requests) > 0 && requests[len(requests)-1].Operation == operation
	})
}

// Reset does not wait for a client that neither sends nor reads.
func TestResetDuringDownload(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	id := c.upload(make([]byte, 32<<20)) // more than the buffers of a connection
	_, link := c.request(http.MethodPost, "/files/downloadlink", `{"items":[{"id":`+strconv.FormatInt(id, 10)+`}]}`)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, answer{body: link}.field("downloadUrl"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	c.reset()
}

func TestResetDuringUpload(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	file := c.initUpload(false, gen.FileWrite{Name: "a"})
	content, sender := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, file.UploadURL, content)
	if err != nil {
		t.Fatal(err)
	}
	status := make(chan int, 1)
	go func() {
		response, err := c.http.Do(request)
		if err != nil {
			status <- 0
			return
		}
		_ = response.Body.Close()
		status <- response.StatusCode
	}()
	if _, err := sender.Write([]byte("begin")); err != nil {
		t.Fatal(err)
	}
	c.waitForRequest("upload")
	c.reset()
	if err := sender.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-status; got != http.StatusNotFound {
		t.Errorf("status %d of an upload whose file was removed, want 404", got)
	}
}

func TestResetDuringRequestBody(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	c.sendPart("/functions/list", 100_000, strings.Repeat(" ", 50_000))
	c.waitForRequest("listFunctions")
	c.reset()
}

// sendPart sends the header of a request and a part of its body. The connection is closed at the end of the test.
func (c *testClient) sendPart(path string, length int, part string) net.Conn {
	c.t.Helper()
	connection, err := new(net.Dialer).DialContext(c.t.Context(), "tcp", strings.TrimPrefix(c.URL(), "http://"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintf(connection, "POST /api/v1/projects/%s%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\nContent-Length: %d\r\n\r\n%s",
		c.Project(), path, length, part)
	if err != nil {
		c.t.Fatal(err)
	}
	return connection
}

// A handler that calls the emulator while Reset waits for the handler does not block Reset.
func TestResetDuringRequestOfHandler(t *testing.T) {
	t.Parallel()
	var c *testClient
	started, ended := make(chan struct{}), make(chan error, 1)
	c = run(t, emulator.Options{Handlers: map[string]emulator.Handler{"f": func(ctx context.Context, _ *emulator.Call) (any, error) {
		close(started)
		<-ctx.Done() // Reset stops the call, and waits for it
		_, err := c.GetFunctions(context.WithoutCancel(ctx), nil)
		ended <- err
		return nil, err
	}}})
	c.call(c.function("f").ID, "")
	<-started
	c.reset()
	if err := <-ended; err != nil {
		t.Errorf("the request of the handler failed: %v", err)
	}
}

// A snapshot that cannot be restored does not stop running calls.
func TestRestoreOfOtherSnapshot(t *testing.T) {
	t.Parallel()
	b := newBlocker()
	options := b.options()
	options.Handlers = options.Overrides
	c, other := run(t, options), run(t, emulator.Options{})
	call := c.call(c.function("block").ID, "")
	<-b.started
	if err := c.Restore(other.snapshot()); err == nil || !strings.Contains(err.Error(), "another emulator") {
		t.Errorf("error %v, want one with %q", err, "another emulator")
	}
	close(b.release)
	if ended := c.waitForCall(call.FunctionID, call.ID); ended.Status != gen.FunctionCallStatusCompleted {
		t.Errorf("the call is %s, want Completed", ended.Status)
	}
}
