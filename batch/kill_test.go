package batch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cogfn/cogfn/batch"
	"github.com/cogfn/cogfn/emulator"
	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	// childURL makes the test binary a process that runs Map against the service at this address.
	childURL = "COGFN_TEST_MAP_URL"
	// childCheckpoint is the file that it uses.
	childCheckpoint = "COGFN_TEST_MAP_CHECKPOINT"

	kills        = 50
	killedInputs = 300 // more than the killed runs can do
	mostPerRun   = 12  // calls that a run begins before its kill, besides those at work then
)

func isChild() bool { return os.Getenv(childURL) != "" }

// runAsChild runs Map over all inputs and returns the exit code.
func runAsChild() int {
	beforeChild()
	c, err := emulatedClient(os.Getenv(childURL), http.DefaultTransport)
	if err == nil {
		for r, failure := range batch.Map[input, output](context.Background(), c, double, inputs(killedInputs),
			batch.WithConcurrency(6), batch.WithCheckpoint(os.Getenv(childCheckpoint))) {
			err = errors.Join(err, failure, r.Err)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func emulatedClient(address string, transport http.RoundTripper) (*functions.Client, error) {
	return functions.NewClient(
		functions.Config{BaseURL: address, Project: "emulator", TokenSource: functions.StaticToken("any")},
		functions.WithHTTPClient(&http.Client{Transport: transport}),
		functions.WithPoll(functions.ExponentialPoll(time.Millisecond, 1.5, 20*time.Millisecond)))
}

// counter is the function in Go. It counts how often it has begun to run for each input.
type counter struct {
	mu   sync.Mutex
	runs map[int]int
	sum  int
}

func (c *counter) handle(_ context.Context, call *emulator.Call) (any, error) {
	var in input
	if err := json.Unmarshal(call.Data, &in); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.runs[in.N]++
	c.sum++
	c.mu.Unlock()
	time.Sleep(time.Duration(in.N%4) * time.Millisecond)
	return output{2 * in.N}, nil
}

func (c *counter) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sum
}

func (c *counter) snapshot() map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.runs)
}

// killing is a service whose clients get killed.
type killing struct {
	counter counter
	service *emulator.Emulator
	client  *functions.Client
	fn      *functions.Function
	path    string
	said    bytes.Buffer // what the processes said on standard error
	forward http.Handler
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{counter: counter{runs: map[int]int{}}, path: filepath.Join(t.TempDir(), "results.jsonl")}
	k.service = emulator.RunT(t, emulator.Options{Handlers: map[string]emulator.Handler{"double": k.counter.handle}})
	transport := &http.Transport{MaxIdleConnsPerHost: 10}
	t.Cleanup(transport.CloseIdleConnections)
	var err error
	if k.client, err = emulatedClient(k.service.URL(), transport); err != nil {
		t.Fatal(err)
	}
	k.fn, err = k.client.Create(t.Context(), functions.FunctionWrite{Name: "double", ExternalID: new("double")}, functions.HandlerText("def handle(data):\n    return data\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.fn.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(k.service.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(address)
	proxy.Transport = transport
	k.forward = proxy
	return k
}

// run starts a process, and returns when meanwhile has, and the process and everything that it began have ended. Its
// requests go through a proxy of its own, so that closing the proxy waits for those that outlive the process.
func (k *killing) run(t *testing.T, meanwhile func(process *exec.Cmd), environment ...string) error {
	t.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		defer cancel()
		defer func() {
			if reason := recover(); reason != nil && reason != http.ErrAbortHandler { //nolint:errorlint // that value itself
				panic(reason) // ErrAbortHandler: there is nobody to answer any more
			}
		}()
		k.forward.ServeHTTP(w, r.WithContext(ctx))
	}))
	defer front.Close()
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(append(os.Environ(), environment...), childURL+"="+front.URL, childCheckpoint+"="+k.path,
		"GORACE=atexit_sleep_ms=0") // the race detector makes every process linger
	process.Stderr = &k.said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	meanwhile(process)
	err := process.Wait()
	front.Close()
	until(t, "every call to end", func() bool {
		running, err := k.client.Calls.List(t.Context(), k.fn.Identifier(), functions.CallsFilter{Status: functions.CallRunning})
		return err == nil && len(running) == 0
	})
	return err
}

// until polls, since there is nothing to wait for between processes.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// recorded are the inputs that have a result in the whole lines of the file.
func (k *killing) recorded(t *testing.T) []int {
	t.Helper()
	if _, err := os.Stat(k.path); err != nil {
		return nil // killed before the file was made
	}
	return wholeEntries(t, k.path)
}

func TestMapSurvivesKills(t *testing.T) {
	t.Parallel()
	k := newKilling(t)
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	runsWhenRecorded := map[int]int{}
	for kill := range kills {
		before, started := k.counter.total(), time.Now()
		calls, pause := random.IntN(mostPerRun), time.Duration(random.IntN(3000))*time.Microsecond
		err := k.run(t, func(process *exec.Cmd) {
			if calls == 0 { // while it starts
				pause *= 20
			}
			until(t, "some calls", func() bool { return k.counter.total() >= before+calls })
			time.Sleep(pause)
			if kill == 0 {
				k.checkInUse(t)
			}
			if err := process.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		})
		if err == nil {
			t.Fatalf("run %d came to its end after %v: %s", kill+1, time.Since(started), &k.said)
		}
		runs := k.counter.snapshot()
		for _, n := range k.recorded(t) {
			if _, known := runsWhenRecorded[n]; !known {
				runsWhenRecorded[n] = runs[n]
			}
		}
	}
	recorded, runs := len(runsWhenRecorded), k.counter.total()
	if recorded == 0 {
		t.Error("no killed run recorded anything")
	}
	if err := k.run(t, func(*exec.Cmd) {}); err != nil {
		t.Fatalf("the run that nobody killed: %v: %s", err, &k.said)
	}
	k.checkEnd(t, runsWhenRecorded)
	t.Logf("%d kills left %d results of %d runs; all %d inputs took %d runs", kills, recorded, runs, killedInputs, k.counter.total())
}

// checkInUse tries to use the file of a running process.
func (k *killing) checkInUse(t *testing.T) {
	t.Helper()
	until(t, "the file", func() bool { return len(k.recorded(t)) > 0 })
	_, err := collect(t, batch.Map[input, output](t.Context(), k.client, double, inputs(killedInputs), batch.WithCheckpoint(k.path)))
	if !errors.Is(err, batch.ErrCheckpointInUse) {
		t.Errorf("the file of another process gave %v", err)
	}
}

// checkEnd holds the file and the runs against what must be: one result for each input, and no run after it.
func (k *killing) checkEnd(t *testing.T, runsWhenRecorded map[int]int) {
	t.Helper()
	results := map[int]int{}
	for _, n := range entries(t, k.path) {
		results[n]++
	}
	for n := range killedInputs {
		if results[n] != 1 {
			t.Errorf("input %d has %d results in the file", n, results[n])
		}
	}
	runs := k.counter.snapshot()
	for n, then := range runsWhenRecorded {
		if again := runs[n] - then; then == 0 || again != 0 {
			t.Errorf("input %d ran %d times before its result was recorded, and %d times after", n, then, again)
		}
	}
	before := k.counter.total()
	all, err := collect(t, batch.Map[input, output](t.Context(), k.client, double, inputs(killedInputs), batch.WithCheckpoint(k.path)))
	if err != nil || len(all) != killedInputs || k.counter.total() != before {
		t.Errorf("reading the file gave %d results, %d more runs, %v", len(all), k.counter.total()-before, err)
	}
	for _, r := range all {
		if r.Err != nil || !r.Recorded || r.Output.Double != 2*r.Index {
			t.Errorf("input %d became %+v", r.Index, r)
		}
	}
}
