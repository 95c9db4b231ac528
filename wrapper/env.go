package functions

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/oauth2"
)

// ConfigFromEnv reads the settings from the environment variables that users of the Cognite Toolkit have:
//
//	CDF_PROJECT         the project
//	CDF_URL             the base URL, as in https://westeurope-1.cognitedata.com; or else
//	CDF_CLUSTER         the cluster, as in westeurope-1
//	IDP_CLIENT_ID       the machine identity,
//	IDP_CLIENT_SECRET   its secret,
//	IDP_TOKEN_URL       and where it gets tokens; or else
//	IDP_TENANT_ID       the tenant, at Entra ID
//	IDP_SCOPES          scopes, separated by spaces or commas; by default BASE_URL/.default at Entra ID and none elsewhere
//	IDP_AUDIENCE        an audience, for providers that want one
//	CDF_TOKEN           a token, used when there is no machine identity or when LOGIN_FLOW is "token"
//	LOGIN_FLOW          "token" or "client_credentials"; may be left out
//
// NewClient never reads the environment by itself. The error names every variable that is missing or wrong.
func ConfigFromEnv() (Config, error) { return configFrom(os.Getenv) }

func configFrom(env func(string) string) (Config, error) {
	cfg := Config{BaseURL: strings.TrimRight(env("CDF_URL"), "/"), Project: env("CDF_PROJECT")}
	var errs []error
	if cfg.BaseURL == "" {
		cfg.Cluster = env("CDF_CLUSTER")
	}
	if cfg.BaseURL == "" && cfg.Cluster == "" {
		errs = append(errs, errors.New("set CDF_CLUSTER or CDF_URL"))
	}
	if cfg.Project == "" {
		errs = append(errs, errors.New("set CDF_PROJECT"))
	}
	var err error
	cfg.TokenSource, err = tokenSourceFrom(env, cfg)
	if err := join(append(errs, err)...); err != nil {
		return Config{}, fmt.Errorf("functions: the environment lacks settings: %w", err)
	}
	return cfg, nil
}

func tokenSourceFrom(env func(string) string, cfg Config) (oauth2.TokenSource, error) {
	token, flow, id, secret := env("CDF_TOKEN"), env("LOGIN_FLOW"), env("IDP_CLIENT_ID"), env("IDP_CLIENT_SECRET")
	switch flow {
	case "", "token", "client_credentials":
	default:
		return nil, fmt.Errorf("LOGIN_FLOW is %q; use token or client_credentials", flow)
	}
	if noIdentity := flow == "" && id == "" && secret == ""; flow == "token" || noIdentity {
		switch {
		case token != "":
			return StaticToken(Secret(token)), nil
		case noIdentity:
			return nil, errors.New("set IDP_CLIENT_ID, IDP_CLIENT_SECRET and IDP_TOKEN_URL, or CDF_TOKEN")
		}
		return nil, errors.New("set CDF_TOKEN")
	}
	c := ClientCredentialsConfig{
		ClientID: id, ClientSecret: Secret(secret), TokenURL: env("IDP_TOKEN_URL"), Audience: env("IDP_AUDIENCE"),
		Scopes: strings.FieldsFunc(env("IDP_SCOPES"), func(r rune) bool { return r == ' ' || r == ',' }),
	}
	if tenant := env("IDP_TENANT_ID"); c.TokenURL == "" && tenant != "" {
		c.TokenURL = entraID + tenant + "/oauth2/v2.0/token"
	}
	var missing []string
	for _, v := range []struct{ name, value string }{
		{"IDP_CLIENT_ID", c.ClientID}, {"IDP_CLIENT_SECRET", secret}, {"IDP_TOKEN_URL or IDP_TENANT_ID", c.TokenURL},
	} {
		if v.value == "" {
			missing = append(missing, v.name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("set %s", strings.Join(missing, ", "))
	}
	if len(c.Scopes) == 0 && strings.HasPrefix(c.TokenURL, entraID) {
		if base, err := cfg.baseURL(); err == nil {
			c.Scopes = []string{base.String() + "/.default"}
		}
	}
	return ClientCredentials(c), nil
}

// entraID is where tokens of Microsoft Entra ID are to be had.
const entraID = "https://login.microsoftonline.com/"
