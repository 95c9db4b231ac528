package functions

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func TestConfigFrom(t *testing.T) {
	t.Parallel()
	const entra = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"
	machine := func(more map[string]string) map[string]string {
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
		"machine":        {machine(nil), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"URL wins":       {machine(map[string]string{"CDF_URL": "https://x.example.com/"}), Config{BaseURL: "https://x.example.com", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"tenant":         {machine(map[string]string{"IDP_TOKEN_URL": "", "IDP_TENANT_ID": "tenant"}), Config{Cluster: "c", Project: "p", TokenSource: login(entra, "https://c.cognitedata.com/.default")}},
		"token URL wins": {machine(map[string]string{"IDP_TENANT_ID": "tenant"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"Entra ID by its token URL": {
			machine(map[string]string{"IDP_TOKEN_URL": entra, "CDF_URL": "https://x.example.com"}),
			Config{BaseURL: "https://x.example.com", Project: "p", TokenSource: login(entra, "https://x.example.com/.default")},
		},
		"scopes by spaces": {machine(map[string]string{"IDP_SCOPES": "a  b"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token", "a", "b")}},
		"scopes by commas": {machine(map[string]string{"IDP_SCOPES": "a, b"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token", "a", "b")}},
		"audience":         {machine(map[string]string{"IDP_AUDIENCE": "aud"}), Config{Cluster: "c", Project: "p", TokenSource: audience}},
		"machine wins":     {machine(map[string]string{"CDF_TOKEN": "t"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"flow by name":     {machine(map[string]string{"LOGIN_FLOW": "client_credentials"}), Config{Cluster: "c", Project: "p", TokenSource: login("https://idp.example.com/token")}},
		"flow of a token":  {machine(map[string]string{"CDF_TOKEN": "t", "LOGIN_FLOW": "token"}), Config{Cluster: "c", Project: "p", TokenSource: StaticToken("t")}},
		"token":            {map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "CDF_TOKEN": "t"}, Config{Cluster: "c", Project: "p", TokenSource: StaticToken("t")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := configFrom(func(name string) string { return test.env[name] })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plain(t, test.want), plain(t, got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, err := NewClient(got); err != nil {
				t.Errorf("NewClient refuses it: %v", err)
			}
		})
	}
}

// plain shows a configuration with its secrets, for comparison.
func plain(t *testing.T, cfg Config) map[string]any {
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

func TestConfigFromNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  map[string]string
		want string
	}{
		"everything": {
			nil,
			"functions: the environment lacks settings: set CDF_CLUSTER or CDF_URL; set CDF_PROJECT; set IDP_CLIENT_ID, IDP_CLIENT_SECRET and IDP_TOKEN_URL, or CDF_TOKEN",
		},
		"half an identity": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "IDP_CLIENT_SECRET": plantedSecret, "CDF_TOKEN": plantedToken},
			"functions: the environment lacks settings: set IDP_CLIENT_ID, IDP_TOKEN_URL or IDP_TENANT_ID",
		},
		"flow without its settings": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "LOGIN_FLOW": "client_credentials", "CDF_TOKEN": plantedToken},
			"functions: the environment lacks settings: set IDP_CLIENT_ID, IDP_CLIENT_SECRET, IDP_TOKEN_URL or IDP_TENANT_ID",
		},
		"token flow without token": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "LOGIN_FLOW": "token", "IDP_CLIENT_SECRET": plantedSecret},
			"functions: the environment lacks settings: set CDF_TOKEN",
		},
		"unknown flow": {
			map[string]string{"CDF_CLUSTER": "c", "CDF_PROJECT": "p", "LOGIN_FLOW": "interactive"},
			`functions: the environment lacks settings: LOGIN_FLOW is "interactive"; use token or client_credentials`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := configFrom(func(name string) string { return test.env[name] })
			if err == nil {
				t.Fatal("got no error")
			}
			check(t, "error", err.Error(), test.want)
			check(t, "configuration", got, Config{})
		})
	}
}

func TestConfigFromEnvReadsTheEnvironment(t *testing.T) {
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
