package emulator_test

import (
	"context"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// A poll after which a call is due responds although the handler has not returned, and Reset does not wait for the handler.
func TestPollOfLongWork(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{
		Handlers: map[string]emulator.Handler{"f": func(ctx context.Context, call *emulator.Call) (any, error) {
			return nil, call.Sleep(ctx, 5*time.Minute)
		}},
		Calls: emulator.AfterPolls(1),
	})
	call := c.call(c.function("f").ID, "")
	for range 2 {
		if read, err := c.GetFunctionCall(t.Context(), call.FunctionID, call.ID); err != nil || read.Status != gen.FunctionCallStatusRunning {
			t.Errorf("call %+v, error %v, want it Running", read, err)
		}
	}
	if err := c.Reset(); err != nil {
		t.Error(err)
	}
}

// get sends a GET request to a path of the project.
func (c *faultClient) get(ctx context.Context, path string) error {
	c.t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL()+"/api/v1/projects/emulator"+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer any")
	response, err := c.web.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return err
}

// hits waits until a fault has affected a request.
func (c *faultClient) waitForHit(i *emulator.Injection) {
	c.t.Helper()
	waitFor(c.t, "the fault", func() (bool, bool) { return true, i.Hits() > 0 })
}

// A GOAWAY whose client gives up while it waits does not count for later ones.
func TestCanceledGoAway(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		slow := c.Inject(emulator.Fault{Operation: "functionsLimits", Kind: emulator.FaultDelay, Delay: time.Hour, Times: 1})
		goAway := c.Inject(emulator.Fault{Operation: "getFunctions", Kind: emulator.FaultGoAway, AfterWork: true})
		done := make(chan error, 1)
		go func() { done <- c.get(t.Context(), "/functions/limits") }()
		c.waitForHit(slow)
		ctx, cancel := context.WithCancel(t.Context())
		canceled := make(chan error, 1)
		go func() { canceled <- c.get(ctx, "/functions") }()
		c.waitForHit(goAway)
		cancel()
		if err := <-canceled; err == nil {
			t.Error("the canceled request has a response")
		}
		c.advanceUntil(time.Minute, func() bool { return len(done) == 1 })
		if err := <-done; err != nil {
			t.Errorf("the slow request: %v", err)
		}
		if err := c.get(t.Context(), "/functions"); err == nil {
			t.Error("the second GOAWAY did not close the connection")
		}
	})
}

// If a request that was carried out waits for a GOAWAY with one that was not, the client repeats neither of them.
func TestGoAwayOfTwoRequests(t *testing.T) {
	t.Parallel()
	eachProtocol(t, func(t *testing.T, c *faultClient) {
		t.Helper()
		c.Freeze()
		slow := c.Inject(emulator.Fault{Operation: "functionsLimits", Kind: emulator.FaultDelay, Delay: time.Second, Times: 1})
		before := c.Inject(emulator.Fault{Operation: "getFunctions", Kind: emulator.FaultGoAway, Times: 1})
		after := c.Inject(emulator.Fault{Operation: callOperation, Kind: emulator.FaultGoAway, AfterWork: true, Times: 1})
		nonce := c.nonce()
		others := make(chan error, 2)
		go func() { others <- c.get(t.Context(), "/functions/limits") }()
		c.waitForHit(slow)
		go func() { others <- c.get(t.Context(), "/functions") }()
		c.waitForHit(before)
		lost := make(chan answer, 1)
		go func() { lost <- c.callWith(nonce) }()
		c.waitForHit(after)
		waitFor(t, "the call", func() (bool, bool) { return true, len(c.Calls("f")) == 1 })
		c.advanceUntil(time.Second, func() bool { return len(lost) == 1 && len(others) == 2 })
		if got := <-lost; got.err == nil {
			t.Errorf("%+v, want that the response is lost and the call is not repeated", got)
		}
	})
}

func TestCloseDuringAdvance(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	c.schedule("* * * * *")
	advanced := make(chan int, 1)
	go func() { advanced <- len(c.Advance(100 * 365 * 24 * time.Hour)) }()
	waitFor(t, "a call", func() (bool, bool) { return true, len(c.Calls("f")) > 0 })
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if calls := <-advanced; calls == 0 {
		t.Error("Advance returned no calls")
	}
}

// Close ends requests that a fault delays, also if their bodies have not been read.
func TestCloseWithDelayedRequest(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"small": 100, "large": 100 << 10} {
		e, err := emulator.Start(emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e.Freeze()
		delay := e.Inject(emulator.Fault{Kind: emulator.FaultDelay, Delay: time.Hour})
		c := &faultClient{Emulator: e, t: t, web: e.HTTPClient(), protocol: "HTTP/1.1"}
		done := make(chan answer, 1)
		go func() { done <- c.post("/functions/1/call", `{"nonce":"`+strings.Repeat("x", size)+`"}`) }()
		c.waitForHit(delay)
		if err := e.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := <-done; got.err == nil {
			t.Errorf("%s: %+v, want an aborted request", name, got)
		}
	}
}

// Close waits for a Reset, which must not start the service again.
func TestCloseDuringReset(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	e, err := emulator.Start(emulator.Options{Handlers: map[string]emulator.Handler{
		"f": func(context.Context, *emulator.Call) (any, error) { <-release; return nil, nil },
	}})
	if err != nil {
		t.Fatal(err)
	}
	c := connect(t, e)
	c.call(c.function("f").ID, "")
	reset := make(chan error, 1)
	go func() { reset <- e.Reset() }()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if err := <-reset; err != nil {
		t.Log("Reset began after Close:", err)
	}
}

// Requests never see a project without the functions of Options.Handlers.
func TestResetIsAtomic(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	readers.Go(func() {
		for ctx.Err() == nil {
			if list, err := c.GetFunctions(ctx, nil); err == nil && len(list.Items) == 0 {
				t.Error("the function is missing")
				return
			}
		}
	})
	for range 30 {
		if err := c.Reset(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	readers.Wait()
}

func TestLargestTransitions(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Overrides: map[string]emulator.Handler{"f": noop}})
	for name, transition := range map[string]emulator.Transition{
		"duration": emulator.After(math.MaxInt64), "polls": emulator.AfterPolls(math.MaxInt),
	} {
		c.SetDeployments(transition)
		id := c.create(gen.FunctionWrite{Name: "f"}).ID
		c.Advance(200 * 365 * 24 * time.Hour)
		for range 3 {
			if f, err := c.GetFunction(t.Context(), id); err != nil || f.Status == gen.FunctionStatusReady {
				t.Errorf("%s: function %+v, error %v, want that the deployment has not ended", name, f, err)
			}
		}
	}
}

// Calls are removed 90 days after their end also if the clock has shown a later time before.
func TestRetentionAfterJumpBack(t *testing.T) {
	t.Parallel()
	c := runAt(t, monday, emulator.Options{Handlers: map[string]emulator.Handler{"f": noop}})
	id := c.function("f").ID
	c.SetTime(monday.AddDate(1, 0, 0))
	c.callAndWait(id, "")
	c.SetTime(monday)
	c.callAndWait(id, "")
	c.Advance(100 * 24 * time.Hour)
	if calls := c.Calls("f"); len(calls) != 1 || calls[0].StartTime.Year() != 2031 {
		t.Errorf("calls %+v, want the one of next year", calls)
	}
}

func TestTLSOnAnotherLoopbackAddress(t *testing.T) {
	t.Parallel()
	e := emulator.RunT(t, emulator.Options{Addr: "127.0.0.2:0", TLS: true})
	c := &faultClient{Emulator: e, t: t, web: e.HTTPClient(), protocol: "HTTP/2.0"}
	if got := c.post("/functions/list", "{}"); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}

func TestInvalidHandlersPanic(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	for want, register := range map[string]func(){
		"no name":        func() { c.Handle("", noop) },
		"is nil":         func() { c.Override("f", nil) },
		"141 characters": func() { c.Handle(strings.Repeat("x", 141), noop) },
		"1970":           func() { c.SetTime(time.UnixMilli(0)) },
		"9999":           func() { c.SetTime(monday.AddDate(10_000, 0, 0)) },
	} {
		func() {
			defer func() {
				if reason, _ := recover().(string); !strings.Contains(reason, want) {
					t.Errorf("panic %q, want one with %q", reason, want)
				}
			}()
			register()
		}()
	}
}
