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
	// childURL is an environment variable with the address of a service. It makes the test binary run Map.
	childURL = "COGFN_TEST_MAP_URL"
	// childCheckpoint is an environment variable with the path of the checkpoint.
	childCheckpoint = "COGFN_TEST_MAP_CHECKPOINT"

	kills        = 50
	killedInputs = 300 // more than all killed runs complete
	maxPerRun    = 12  // calls that a run starts before it is killed, in addition to those running then
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

// counter is a function in Go that counts its runs for each input.
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

// killTest is a service and a checkpoint for processes that are killed.
type killTest struct {
	counter counter
	service *emulator.Emulator
	client  *functions.Client
	fn      *functions.Function
	path    string
	stderr  bytes.Buffer // the standard error of all processes
	forward http.Handler
}

func newKillTest(t *testing.T) *killTest {
	t.Helper()
	k := &killTest{counter: counter{runs: map[int]int{}}, path: filepath.Join(t.TempDir(), "results.jsonl")}
	k.service = emulator.RunT(t, emulator.Options{Overrides: map[string]emulator.Handler{"double": k.counter.handle}})
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

// run starts a process, calls meanwhile, and waits for the process and for all its calls. Each process has its own proxy,
// because closing the proxy waits for requests that outlive the process.
func (k *killTest) run(t *testing.T, meanwhile func(process *exec.Cmd), environment ...string) error {
	t.Helper()
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
		defer cancel()
		defer func() {
			if reason := recover(); reason != nil && reason != http.ErrAbortHandler { //nolint:errorlint // the identical value
				panic(reason) // ErrAbortHandler: the client has disconnected
			}
		}()
		k.forward.ServeHTTP(w, r.WithContext(ctx))
	}))
	defer front.Close()
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(append(os.Environ(), environment...), childURL+"="+front.URL, childCheckpoint+"="+k.path,
		"GORACE=atexit_sleep_ms=0") // the race detector delays the end of every process
	process.Stderr = &k.stderr
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

// until polls a condition, since processes cannot signal each other.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for %s", what)
		}
	}
}

// recorded returns the inputs of the complete lines of the file.
func (k *killTest) recorded(t *testing.T) []int {
	t.Helper()
	if _, err := os.Stat(k.path); err != nil {
		return nil // killed before the file was created
	}
	return completeEntries(t, k.path)
}

func TestCheckpointSurvivesKills(t *testing.T) {
	t.Parallel()
	k := newKillTest(t)
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	runsWhenRecorded := map[int]int{}
	for kill := range kills {
		before, started := k.counter.total(), time.Now()
		calls, pause := random.IntN(maxPerRun), time.Duration(random.IntN(3000))*time.Microsecond
		err := k.run(t, func(process *exec.Cmd) {
			if calls == 0 { // kill the process while it starts
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
			t.Fatalf("run %d ended before it was killed, after %v: %s", kill+1, time.Since(started), &k.stderr)
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
		t.Error("no killed run recorded a result")
	}
	if err := k.run(t, func(*exec.Cmd) {}); err != nil {
		t.Fatalf("the last run, which was not killed: %v: %s", err, &k.stderr)
	}
	k.checkEnd(t, runsWhenRecorded)
	t.Logf("%d kills: %d results of %d runs; all %d inputs: %d runs", kills, recorded, runs, killedInputs, k.counter.total())
}

// checkInUse checks that the file of a running process cannot be used.
func (k *killTest) checkInUse(t *testing.T) {
	t.Helper()
	until(t, "the file", func() bool { return len(k.recorded(t)) > 0 })
	_, err := collect(t, batch.Map[input, output](t.Context(), k.client, double, inputs(killedInputs), batch.WithCheckpoint(k.path)))
	if !errors.Is(err, batch.ErrCheckpointInUse) {
		t.Errorf("the file of another process: got %v, want ErrCheckpointInUse", err)
	}
}

// checkEnd checks that each input has one result and did not run after its result was recorded.
func (k *killTest) checkEnd(t *testing.T, runsWhenRecorded map[int]int) {
	t.Helper()
	results := map[int]int{}
	for _, n := range entries(t, k.path) {
		results[n]++
	}
	for n := range killedInputs {
		if results[n] != 1 {
			t.Errorf("input %d has %d results in the file, want 1", n, results[n])
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
		t.Errorf("a run with a complete file: got %d results and %d more runs; error: %v", len(all), k.counter.total()-before, err)
	}
	for _, r := range all {
		if r.Err != nil || !r.Recorded || r.Output.Double != 2*r.Index {
			t.Errorf("input %d has the result %+v", r.Index, r)
		}
	}
}
