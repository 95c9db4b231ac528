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

// Config identifies the project and its credentials. [NewClient] checks it.
type Config struct {
	// BaseURL is the scheme and host of the service, for example "https://westeurope-1.cognitedata.com". It must use https,
	// except for loopback addresses, because every request carries a token.
	BaseURL string
	// Cluster is the short form of BaseURL: "westeurope-1" means "https://westeurope-1.cognitedata.com". Set one of the two.
	Cluster string
	// Project is the URL name of the project.
	Project string
	// TokenSource returns the access token of each request: [ClientCredentials], [StaticToken], or any other source. It must
	// be safe for concurrent use and should cache its token until the token expires, as the sources of package oauth2 do.
	TokenSource oauth2.TokenSource
	// Application is the name of the calling program in the x-cdp-app header. "" sends none.
	Application string
}

// Client is a client for the Functions API of one project. It is safe for concurrent use. Create one and share it: waits,
// tokens and cached ids are shared within a client.
type Client struct {
	// Calls retrieves calls and waits for them.
	Calls *CallsService
	// Schedules creates, lists and deletes schedules.
	Schedules *SchedulesService
	// Sessions creates, lists and revokes sessions.
	Sessions *SessionsService
	// Files uploads and retrieves the zip files that contain the code of functions.
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

// NewClient returns a client for one project. It sends no request, so it does not detect wrong credentials. The error names
// everything that is missing or invalid in cfg and opts.
func NewClient(cfg Config, opts ...Option) (*Client, error) {
	s := defaultSettings()
	var errs []error
	for _, opt := range opts {
		errs = append(errs, opt(&s))
	}
	base, err := cfg.baseURL()
	errs = append(errs, err, cfg.check())
	if err := join(errs...); err != nil {
		return nil, fmt.Errorf("functions: cannot create a client: %w", err)
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
		return nil, fmt.Errorf("functions: cannot create a client: %w", err)
	}
	c.Calls = &CallsService{client: c}
	c.Schedules = &SchedulesService{client: c}
	c.Sessions = &SessionsService{client: c, credentials: sessionCredentials(cfg.TokenSource)}
	c.Files = &FilesService{client: c}
	c.running, c.deployments = c.newCallPoller(), c.newDeploymentPoller()
	return c, nil
}

// Project returns the URL name of the project.
func (c *Client) Project() string { return c.project }

// Gen returns the generated client, which has a typed method for each operation. It uses the token, the retries and the
// errors of this client. It follows the description of the API and may change incompatibly. It does not retry calls, because
// only [Client.Start] can renew the nonce.
func (c *Client) Gen() *gen.API { return c.api }

func (cfg Config) baseURL() (*url.URL, error) {
	raw := cfg.BaseURL
	switch {
	case raw == "" && cfg.Cluster == "":
		return nil, errors.New("the cluster is missing; set Config.Cluster or Config.BaseURL")
	case raw != "" && cfg.Cluster != "":
		return nil, errors.New("Config.BaseURL and Config.Cluster are both set; set one of them")
	case raw == "":
		if strings.ContainsAny(cfg.Cluster, ":/?#@ ") {
			return nil, fmt.Errorf("the cluster %q is not a name; for a URL set Config.BaseURL", cfg.Cluster)
		}
		raw = "https://" + cfg.Cluster + ".cognitedata.com"
	}
	base, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the base URL is invalid; use the form https://CLUSTER.cognitedata.com") // err would quote it
	}
	if base.User != nil || base.RawQuery != "" || base.Fragment != "" || base.Host == "" {
		return nil, errors.New("the base URL must consist of a scheme and a host, as in https://CLUSTER.cognitedata.com")
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
			errs = append(errs, errors.New("the static token is empty; pass a token to StaticToken"))
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
