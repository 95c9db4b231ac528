package emulator

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/clock"
	"github.com/cogfn/cogfn/emulator/internal/faults"
	"github.com/cogfn/cogfn/emulator/internal/httpapi"
	"github.com/cogfn/cogfn/emulator/internal/python"
	"github.com/cogfn/cogfn/emulator/internal/requestlog"
	"github.com/cogfn/cogfn/emulator/internal/runner"
	"github.com/cogfn/cogfn/emulator/internal/service"
	"github.com/cogfn/cogfn/emulator/internal/store"
)

// shutdownTimeout is how long Close waits for running requests.
const shutdownTimeout = 250 * time.Millisecond

// Emulator is a running emulator. It is safe for concurrent use.
type Emulator struct {
	options  Options
	clock    *clock.Clock
	handlers *handlers
	faults   *faults.Engine
	requests requestlog.Log
	client   *http.Client
	store    *store.Store
	service  *service.Service
	http     *http.Server
	listener net.Listener
	url      string
	clientID string
	secret   string
	closing  context.Context // ends when Close begins
	stop     context.CancelFunc
	stopped  chan struct{} // closed when the HTTP server has stopped
	failure  error         // why it stopped, other than Close; read only after stopped is closed
	close    func() error
}

// Start starts an emulator. It accepts requests when Start returns. The caller must call [Emulator.Close].
//
// Start fails if an option is not valid, if the address or the data directory is in use, or if [Options.Python] does
// not work. The error names the option to change.
func Start(options Options) (*Emulator, error) {
	options = options.withDefaults()
	if err := options.check(); err != nil {
		return nil, err
	}
	e := &Emulator{options: options, clock: clock.New(), stopped: make(chan struct{})}
	e.handlers = newHandlers(e.clock, options.Overrides, options.Handlers)
	e.faults, e.client = e.newFaults(), newHTTPClient(nil)
	e.close = sync.OnceValue(e.shutdown)
	e.closing, e.stop = context.WithCancel(context.Background())
	e.chooseClient()
	if err := e.open(); err != nil {
		e.clock.Close()
		return nil, err
	}
	go e.serve()
	return e, nil
}

// open opens the state, starts the service and creates the listener.
func (e *Emulator) open() (err error) {
	if e.store, err = store.Open(store.Options{Dir: e.options.DataDir, Sync: e.options.Sync}); err != nil {
		return err
	}
	if e.service, err = service.New(e.serviceConfig()); err != nil {
		return errors.Join(err, e.store.Close())
	}
	if err = e.addHandlers(); err == nil {
		err = e.listen()
	}
	if err != nil {
		return errors.Join(err, e.service.Close(), e.store.Close())
	}
	return nil
}

func (e *Emulator) serviceConfig() service.Config {
	profile := e.profile(e.options.Cloud, e.options.Assumptions)
	responseLimit := profile.Limits.WithDefaults(profile.Cloud).ResponseBytes
	return service.Config{
		Store:         e.store,
		Profile:       profile,
		Deployments:   service.Transition(e.options.Deployments),
		Calls:         service.Transition(e.options.Calls),
		NonceLifetime: e.options.NonceLifetime,
		GoFunction:    e.handlers.find,
		NewRunner: func() (runner.Runner, error) {
			return python.New(python.Options{
				Interpreter: e.options.Python, MaxWorkers: e.options.MaxWorkers, ResponseLimit: responseLimit,
				ScratchDir: e.store.ScratchDir(), Logger: e.options.Logger,
			})
		},
		// Start reports an interpreter that was set and does not work.
		RunnerAtOnce: e.options.Python != "",
		KnownClient:  e.knownClient,
		Logger:       e.options.Logger,
		Clock:        e.clock,
	}
}

// listen creates the HTTP server and its listener.
func (e *Emulator) listen() error {
	handler, err := httpapi.New(httpapi.Config{
		Service:           e.service,
		SigningKey:        e.store.SigningKey(),
		Project:           e.options.Project,
		KnownClient:       e.knownClient,
		Requests:          &e.requests,
		Faults:            e.faults,
		Control:           newControlAPI(e),
		ControlClient:     e.ownClient,
		RequireToken:      e.options.Clients != nil,
		Now:               e.clock.Now,
		TokenLifetime:     e.options.TokenLifetime,
		AllowRemote:       e.options.AllowRemote,
		ValidateResponses: e.options.ValidateResponses,
		Logger:            e.options.Logger,
	})
	if err != nil {
		return err
	}
	e.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ConnContext: faults.ConnContext,
		ErrorLog: slog.NewLogLogger(e.options.Logger.Handler(), slog.LevelDebug), // such as clients that do not trust the certificate
	}
	if e.listener, err = httpapi.Listen(e.options.Addr); err != nil {
		return err
	}
	scheme := "http"
	if e.options.TLS {
		scheme = "https"
		certificate, err := httpapi.NewCertificate(e.listener.Addr())
		if err != nil {
			return errors.Join(err, e.listener.Close())
		}
		e.http.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
		e.client = newHTTPClient(certificate.Leaf)
	}
	e.url = httpapi.URL(scheme, e.listener.Addr())
	return nil
}

// newHTTPClient returns a client that trusts a certificate, or a client of a server without TLS for nil.
func newHTTPClient(certificate *x509.Certificate) *http.Client {
	transport := &http.Transport{}
	if certificate != nil {
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		transport.ForceAttemptHTTP2 = true
	}
	return &http.Client{Transport: transport}
}

// serve serves requests until Close, or until the listener fails.
func (e *Emulator) serve() {
	defer close(e.stopped)
	serve := func() error { return e.http.Serve(e.listener) }
	if e.options.TLS {
		serve = func() error { return e.http.ServeTLS(e.listener, "", "") }
	}
	if err := serve(); !errors.Is(err, http.ErrServerClosed) {
		e.failure = fmt.Errorf("the emulator stopped serving requests; start it again: %w", err)
		e.options.Logger.Error("emulator stopped serving requests", "error", err)
	}
}

// chooseClient sets the credentials that ClientID and ClientSecret return.
func (e *Emulator) chooseClient() {
	if ids := slices.Sorted(maps.Keys(e.options.Clients)); len(ids) > 0 {
		e.clientID, e.secret = ids[0], e.options.Clients[ids[0]]
		return
	}
	e.clientID, e.secret = "emulator-"+rand.Text()[:8], rand.Text()
}

// knownClient reports whether client credentials may get a token or a session.
func (e *Emulator) knownClient(id, secret string) bool {
	if e.options.Clients == nil {
		return id != ""
	}
	want, ok := e.options.Clients[id]
	return ok && want == secret
}

// ownClient reports whether client credentials may use the control API: those of the emulator, even if all credentials may
// get a token.
func (e *Emulator) ownClient(id, secret string) bool {
	if e.options.Clients != nil {
		return e.knownClient(id, secret)
	}
	sameID := subtle.ConstantTimeCompare([]byte(id), []byte(e.clientID))
	return sameID&subtle.ConstantTimeCompare([]byte(secret), []byte(e.secret)) == 1
}

// HTTPClient returns a client that trusts the certificate of an emulator with [Options.TLS]. Close closes its
// connections.
func (e *Emulator) HTTPClient() *http.Client { return e.client }

// Certificate returns the certificate of an emulator with [Options.TLS], or nil.
func (e *Emulator) Certificate() *x509.Certificate {
	if e.http.TLSConfig == nil {
		return nil
	}
	return e.http.TLSConfig.Certificates[0].Leaf
}

// URL returns the base URL without a trailing slash and without /api/v1, such as http://127.0.0.1:41234.
func (e *Emulator) URL() string { return e.url }

// TokenURL returns the URL of the OAuth 2.0 token endpoint.
func (e *Emulator) TokenURL() string { return e.url + httpapi.TokenPath }

// Project returns the name of the project.
func (e *Emulator) Project() string { return e.options.Project }

// ClientID returns the id of a client that the emulator accepts: the first of [Options.Clients] in alphabetical
// order, or a random id if Clients is empty.
func (e *Emulator) ClientID() string { return e.clientID }

// ClientSecret returns the secret that belongs to ClientID.
func (e *Emulator) ClientSecret() string { return e.secret }

// Wait waits until the emulator has stopped. It returns nil after Close, or the reason if the listener failed; Close
// must be called in that case, too. If ctx ends first, Wait returns the error of ctx.
func (e *Emulator) Wait(ctx context.Context) error {
	select {
	case <-e.stopped:
		return e.failure
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close stops the emulator: open requests are aborted, running calls fail, and a temporary data directory is removed.
// Further calls return the result of the first.
func (e *Emulator) Close() error { return e.close() }

func (e *Emulator) shutdown() error {
	e.stop()
	e.client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := e.http.Shutdown(ctx)
	if err != nil { // a request is still running
		err = e.http.Close()
	}
	<-e.stopped
	e.clock.Close()
	err = errors.Join(err, e.faults.Clear(), e.service.Close())
	ended := func() error { return nil }
	return errors.Join(err, e.service.BetweenAdvances(ended), e.store.Close()) // an advance reads its calls at the end
}
