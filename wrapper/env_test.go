package functions

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func TestConfigFrom(t *testing.T) {
	t.Parallel()
	const entra = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"
	withClient := func(more map[string]string) map[string]string {
		env := map[string]string{
			"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "IDP_CLIENT_ID": "id", "IDP_CLIENT_SECRET": plantedSecret,
			"IDP_TOKEN_URL": "https://idp.example.com/token",
		}
		maps.Copy(env, more)
		return env
	}
	login := func(tokenURL string, scopes ...string) *clientCredentials {
		return &clientCredentials{ClientCredentialsConfig{ClientID: "id", ClientSecret: plantedSecret, TokenURL: tokenURL, Scopes: scopes}}
	}
	audience := login("https://idp.example.com/token")
	audience.cfg.Audience = "aud"
	tests := map[string]struct {
		env  map[string]string
		want Config
	}{
		"client credentials":      {withClient(nil), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"URL before cluster":      {withClient(map[string]string{"CDF_URL": "https://x.example.com/"}), Config{BaseURL: "https://x.example.com", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"tenant":                  {withClient(map[string]string{"IDP_TOKEN_URL": "", "IDP_TENANT_ID": "tenant"}), Config{Cluster: "c", Project: "p", TokenSource: login(entra, "https://c.cognitedata.com/.default")}},
		"token URL before tenant": {withClient(map[string]string{"IDP_TENANT_ID": "tenant"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"token URL of Entra ID": {
			withClient(map[string]string{"IDP_TOKEN_URL": entra, "CDF_URL": "https://x.example.com"}),
			Config{BaseURL: "https://x.example.com", Project: "p", TokenSource: login(entra, "https://x.example.com/.default")},
		},
		"scopes with spaces":              {withClient(map[string]string{"IDP_SCOPES": "a  b"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token", "a", "b")}},
		"scopes with commas":              {withClient(map[string]string{"IDP_SCOPES": "a, b"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token", "a", "b")}},
		"audience":                        {withClient(map[string]string{"IDP_AUDIENCE": "aud"}), Config{Cluster: "c", Project: "p", TokenSource: audience}},
		"client credentials before token": {withClient(map[string]string{"CDF_TOKEN": "t"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"flow client_credentials":         {withClient(map[string]string{"LOGIN_FLOW": "client_credentials"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"flow token":                      {withClient(map[string]string{"CDF_TOKEN": "t", "LOGIN_FLOW": "token"}), Config{Cluster: "c", Project: "p", TokenSource: StaticToken("t")}},
		"token":                           {map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "CDF_TOKEN": "t"}, Config{Cluster: "c", Project: "p", TokenSource: StaticToken("t")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := configFrom(func(name string) string { return test.env[name] })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(revealed(t, test.want), revealed(t, got)); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
			if _, err := NewClient(got); err != nil {
				t.Errorf("error of NewClient: %v", err)
			}
		})
	}
}

// revealed returns a configuration with its secrets, for comparison.
func revealed(t *testing.T, cfg Config) map[string]any {
	t.Helper()
	all := map[string]any{"base": cfg.BaseURL, "cluster": cfg.Cluster, "project": cfg.Project}
	switch s := cfg.TokenSource.(type) {
	case *clientCredentials:
		all["id"], all["secret"], all["url"] = s.cfg.ClientID, string(s.cfg.ClientSecret), s.cfg.TokenURL
		all["scopes"], all["audience"] = strings.Join(s.cfg.Scopes, "|"), s.cfg.Audience
	case oauth2.TokenSource:
		token, err := s.Token()
		if err != nil {
			t.Fatal(err)
		}
		all["token"] = token.AccessToken
	}
	return all
}

// The error names each missing or invalid variable.
func TestConfigFromIncompleteEnvironment(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want string // the names of the variables in the error
	}{
		"empty": {
			nil, "CDF_CLUSTER CDF_URL CDF_PROJECT IDP_CLIENT_ID IDP_CLIENT_SECRET IDP_TOKEN_URL CDF_TOKEN",
		},
		"only a client secret": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "IDP_CLIENT_SECRET": plantedSecret, "CDF_TOKEN": plantedToken},
			"IDP_CLIENT_ID IDP_TOKEN_URL IDP_TENANT_ID",
		},
		"flow client_credentials without credentials": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "LOGIN_FLOW": "client_credentials", "CDF_TOKEN": plantedToken},
			"IDP_CLIENT_ID IDP_CLIENT_SECRET IDP_TOKEN_URL IDP_TENANT_ID",
		},
		"flow token without a token": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "LOGIN_FLOW": "token", "IDP_CLIENT_SECRET": plantedSecret}, "CDF_TOKEN",
		},
		"unknown flow": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "LOGIN_FLOW": "interactive"}, "LOGIN_FLOW",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := configFrom(func(name string) string { return test.env[name] })
			checkMessage(t, err)
			variables := regexp.MustCompile(`[A-Z]+_[A-Z_]+`).FindAllString(err.Error(), -1)
			check(t, "variables in the error", strings.Join(variables, " "), test.want)
			check(t, "configuration", got, Config{})
		})
	}
}

func TestConfigFromEnv(t *testing.T) {
	for _, name := range []string{"CDF_URL", "IDP_CLIENT_ID", "IDP_CLIENT_SECRET", "LOGIN_FLOW"} {
		t.Setenv(name, "")
	}
	t.Setenv("CDF_CLUSTER", "c")
	t.Setenv("CDF_PROJECT", "p")
	t.Setenv("CDF_TOKEN", "t")
	got, err := ConfigFromEnv()
	if err != nil {
		t.Fatal(err)
	}
	check(t, "cluster", got.Cluster, "c")
	check(t, "project", got.Project, "p")
}
