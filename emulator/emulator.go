package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/contract"
	"github.com/cogfn/cogfn/emulator/internal/python"
	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// closeWait is how long Close waits for requests that are being answered.
const closeWait = 250 * time.Millisecond

// Emulator is a running emulator. It is safe for concurrent use.
type Emulator struct {
	options  Options
	handlers *handlers
	store    *store.Store
	service  *service.Service
	http     *http.Server
	listener net.Listener
	url      string
	clientID string
	secret   string
	stopped  chan struct{} // closed when nothing is answered any more
	failure  error         // why, if not because of Close; final once stopped is closed
	close    func() error
}

// Start starts an emulator, which accepts requests when Start returns. The error says which setting to change.
func Start(options Options) (*Emulator, error) {
	options = options.withDefaults()
	if err := options.check(); err != nil {
		return nil, err
	}
	description, err := contract.Load()
	if err != nil {
		return nil, err
	}
	e := &Emulator{options: options, handlers: newHandlers(options.Handlers), stopped: make(chan struct{})}
	e.close = sync.OnceValue(e.shutDown)
	e.chooseClient()
	if e.store, err = store.Open(store.Options{Dir: options.DataDir, Sync: options.Sync}); err != nil {
		return nil, err
	}
	if e.service, err = service.New(e.serviceConfig()); err != nil {
		return nil, errors.Join(err, e.store.Close())
	}
	if e.listener, err = listen(options.Addr); err != nil {
		return nil, errors.Join(err, e.service.Close(), e.store.Close())
	}
	e.url = "http://" + reachable(e.listener.Addr())
	e.http = &http.Server{
		Handler:           newServer(e, description),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go e.serve()
	return e, nil
}

// serve answers requests until the emulator is closed, or the listener fails.
func (e *Emulator) serve() {
	defer close(e.stopped)
	if err := e.http.Serve(e.listener); !errors.Is(err, http.ErrServerClosed) {
		e.failure = fmt.Errorf("the emulator stopped answering; start it again: %w", err)
		e.options.Logger.Error("the emulator stopped answering", "error", err)
	}
}

func (e *Emulator) serviceConfig() service.Config {
	limits := service.Limits(e.options.Limits).WithDefaults()
	return service.Config{
		Store:         e.store,
		Limits:        limits,
		DeployDelay:   e.options.DeployDelay,
		NonceLifetime: e.options.NonceLifetime,
		GoFunction:    e.handlers.find,
		NewRunner: func() (runner.Runner, error) {
			return python.New(python.Options{
				Interpreter: e.options.Python, MaxWorkers: e.options.MaxWorkers, ResponseLimit: limits.ResponseBytes,
				ScratchDir: e.store.ScratchDir(), Logger: e.options.Logger,
			})
		},
		// An interpreter that somebody chose and that does not work is a mistake to be told at once.
		RunnerAtOnce: e.options.Python != "",
		KnownClient:  e.knownClient,
		Logger:       e.options.Logger,
		Now:          time.Now,
	}
}

// chooseClient picks the credentials that ClientID and ClientSecret hand out.
func (e *Emulator) chooseClient() {
	if ids := slices.Sorted(maps.Keys(e.options.Clients)); len(ids) > 0 {
		e.clientID, e.secret = ids[0], e.options.Clients[ids[0]]
		return
	}
	e.clientID, e.secret = "emulator-"+rand.Text()[:8], rand.Text()
}

// knownClient says whether client credentials are good for a token or a session.
func (e *Emulator) knownClient(id, secret string) bool {
	if e.options.Clients == nil {
		return id != ""
	}
	want, ok := e.options.Clients[id]
	return ok && want == secret
}

// URL returns the emulator's address, such as http://127.0.0.1:41234, without a slash at the end and without /api/v1.
func (e *Emulator) URL() string { return e.url }

// TokenURL returns where client credentials are exchanged for tokens.
func (e *Emulator) TokenURL() string { return e.url + issuePath }

// Project returns the name of the project.
func (e *Emulator) Project() string { return e.options.Project }

// ClientID returns the id of a client that the emulator accepts: the first of Options.Clients, or a random one.
func (e *Emulator) ClientID() string { return e.clientID }

// ClientSecret returns the secret of the client ClientID.
func (e *Emulator) ClientSecret() string { return e.secret }

// Handle lets a Go function run instead of uploaded code, for functions with this external id, or else this name. It is
// looked up when a function is deployed and again at each of its calls; registering one again replaces it. A zip file
// must still be uploaded for the function, but what it holds does not matter.
func (e *Emulator) Handle(name string, handler Handler) { e.handlers.set(name, handler) }

// Wait waits until the emulator has stopped answering and returns nil after Close, or else the reason, such as a failed
// listener; Close is still needed then. It returns the error of ctx when that ends first.
func (e *Emulator) Wait(ctx context.Context) error {
	select {
	case <-e.stopped:
		return e.failure
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stops answering, stops what runs, whose calls fail, and frees everything; a temporary data folder is removed.
// Calling it again returns the same result.
func (e *Emulator) Close() error { return e.close() }

func (e *Emulator) shutDown() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	err := e.http.Shutdown(ctx)
	if err != nil { // somebody still sends or waits
		err = e.http.Close()
	}
	<-e.stopped
	return errors.Join(err, e.service.Close(), e.store.Close())
}
