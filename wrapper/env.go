package functions

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/oauth2"
)

// ConfigFromEnv reads the configuration from the environment variables of the Cognite Toolkit:
//
//	CDF_PROJECT         project
//	CDF_URL             base URL, such as https://westeurope-1.cognitedata.com
//	CDF_CLUSTER         cluster, such as westeurope-1, if CDF_URL is not set
//	IDP_CLIENT_ID       client id of the machine identity
//	IDP_CLIENT_SECRET   client secret of the machine identity
//	IDP_TOKEN_URL       token endpoint
//	IDP_TENANT_ID       tenant at Entra ID, if IDP_TOKEN_URL is not set
//	IDP_SCOPES          scopes, separated by spaces or commas; default: BASE_URL/.default at Entra ID, none elsewhere
//	IDP_AUDIENCE        audience, for providers that need one
//	CDF_TOKEN           token, used without a machine identity or if LOGIN_FLOW is "token"
//	LOGIN_FLOW          "token" or "client_credentials"; optional
//
// The error names every variable that is missing or invalid. [NewClient] does not read the environment.
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
		return Config{}, fmt.Errorf("functions: incomplete environment: %w", err)
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

// entraID is the address of Microsoft Entra ID.
const entraID = "https://login.microsoftonline.com/"
