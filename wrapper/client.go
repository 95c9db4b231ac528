package functions

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/cogfn/cogfn/gen"
)

// Version is the version of this library, sent to the service in the User-Agent and x-cdp-sdk headers.
const Version = "0.1.0"

// Config says which project to talk to and how to prove who is asking. NewClient checks it before any request.
type Config struct {
	// BaseURL is the scheme and host of the service, for example "https://westeurope-1.cognitedata.com". Plain http is
	// taken for loopback addresses alone, since a token goes with every request.
	BaseURL string
	// Cluster is the short form of BaseURL: "westeurope-1" stands for "https://westeurope-1.cognitedata.com". Give one
	// of the two.
	Cluster string
	// Project is the project's URL name.
	Project string
	// TokenSource gives the access token of each request: ClientCredentials, StaticToken, or any other source. It must
	// be safe for concurrent use, and should remember its token until that expires, as those of package oauth2 do.
	TokenSource oauth2.TokenSource
	// Application names the calling program in the x-cdp-app header; "" sends none.
	Application string
}

// Client talks to the Functions API of one project. It is safe for concurrent use; make one and keep it.
type Client struct {
	// Calls reads and awaits the calls of functions.
	Calls *CallsService
	// Schedules creates and reads the schedules that call functions again and again.
	Schedules *SchedulesService
	// Sessions creates and reads the sessions whose nonces let functions act on the caller's behalf.
	Sessions *SessionsService
	// Files uploads and reads the zip files that hold functions' code.
	Files *FilesService

	project  string
	api      *gen.API
	base     *url.URL
	transfer Doer
	retry    RetryOptions
	poll     Backoff
	payload  int
	ids      idCache
	// The pollers of running calls, by function, and of deployments, by the kind of the identifier.
	running     *poller[int64, int64, *Call]
	deployments *poller[bool, Identifier, *Function]
}

// NewClient makes a client for one project. It sends no request, so a wrong token shows with the first method called;
// anything wrong with cfg or opts itself is an error here, every fault of them named.
func NewClient(cfg Config, opts ...Option) (*Client, error) {
	s := defaultSettings()
	var errs []error
	for _, opt := range opts {
		errs = append(errs, opt(&s))
	}
	base, err := cfg.baseURL()
	errs = append(errs, err, cfg.check())
	if err := join(errs...); err != nil {
		return nil, fmt.Errorf("functions: cannot make a client: %w", err)
	}
	return newClient(cfg, base, s)
}

func newClient(cfg Config, base *url.URL, s settings) (*Client, error) {
	tokens := newTokens(cfg.TokenSource, s.httpClient)
	c := &Client{project: cfg.Project, base: base, retry: s.retry, poll: s.poll, payload: s.payload, transfer: s.transferDoer()}
	server := base.JoinPath("api/v1/projects", cfg.Project).String()
	doer := s.apiDoer(tokens, headers(cfg.Application))
	var err error
	if c.api, err = gen.NewAPI(server, gen.WithHTTPClient(doer)); err != nil {
		return nil, fmt.Errorf("functions: cannot make a client: %w", err)
	}
	c.Calls = &CallsService{client: c}
	c.Schedules = &SchedulesService{client: c}
	c.Sessions = &SessionsService{client: c, credentials: sessionCredentials(cfg.TokenSource)}
	c.Files = &FilesService{client: c}
	c.running, c.deployments = c.newCallPoller(), c.newDeploymentPoller()
	return c, nil
}

// Project returns the URL name of the project that the client talks to.
func (c *Client) Project() string { return c.project }

// Gen returns the generated low-level client beneath this one. It shares this client's token, retries and errors. What
// it offers follows the description of the API and carries no promise of compatibility. A call started through it is
// not repeated, since only Start can renew the nonce.
func (c *Client) Gen() *gen.API { return c.api }

func (cfg Config) baseURL() (*url.URL, error) {
	raw := cfg.BaseURL
	switch {
	case raw == "" && cfg.Cluster == "":
		return nil, errors.New("the cluster is missing; set Config.Cluster or Config.BaseURL")
	case raw != "" && cfg.Cluster != "":
		return nil, errors.New("both Config.BaseURL and Config.Cluster are set; give one of them")
	case raw == "":
		if strings.ContainsAny(cfg.Cluster, ":/?#@ ") {
			return nil, fmt.Errorf("the cluster %q is not a plain name; for an address set Config.BaseURL", cfg.Cluster)
		}
		raw = "https://" + cfg.Cluster + ".cognitedata.com"
	}
	base, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the base URL cannot be read; use the form https://CLUSTER.cognitedata.com") // err would quote it
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" || base.Host == "" {
		return nil, errors.New("the base URL must be a scheme and a host, as in https://CLUSTER.cognitedata.com")
	}
	if err := requireSecure(base, "base URL"); err != nil {
		return nil, err
	}
	return base, nil
}

func (cfg Config) check() error {
	var errs []error
	if cfg.Project == "" {
		errs = append(errs, errors.New("the project is missing; set Config.Project"))
	} else if strings.ContainsAny(cfg.Project, "/?#% ") || cfg.Project == "." || cfg.Project == ".." {
		errs = append(errs, fmt.Errorf("the project %q is not a URL name", cfg.Project))
	}
	if cfg.TokenSource == nil {
		errs = append(errs, errors.New("the token source is missing; set Config.TokenSource, for example to ClientCredentials"))
	}
	if strings.ContainsAny(cfg.Application, "\r\n") {
		errs = append(errs, errors.New("Config.Application must be one line"))
	}
	switch source := cfg.TokenSource.(type) {
	case *clientCredentials:
		errs = append(errs, source.check())
	case staticToken:
		if source.token.AccessToken == "" {
			errs = append(errs, errors.New("the static token is empty; give StaticToken a token"))
		}
	}
	return join(errs...)
}

func headers(application string) http.Header {
	h := http.Header{
		"Accept":      {"application/json"},
		"User-Agent":  {"cogfn/" + Version},
		"Cdf-Version": {"20230101"},
		"X-Cdp-Sdk":   {"CogfnGoSDK:" + Version},
	}
	if application != "" {
		h.Set("X-Cdp-App", application)
	}
	return h
}
