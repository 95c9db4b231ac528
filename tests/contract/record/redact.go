package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"

	"github.com/cogfn/cogfn/tests/contract/exchange"
)

// The server and the project in recordings.
const (
	anyServer  = "https://cluster.cognitedata.com"
	anyProject = "project"
)

// headers are the headers in recordings. All others are removed.
var headers = []string{"Accept", "Content-Type", "Origin", "Retry-After", "Cdf-Version"}

// secretKeys maps the names of properties with secrets, in lower case, to the replacement of their values.
var secretKeys = map[string]string{
	"nonce": "redacted-nonce", "clientid": "redacted-client", "clientsecret": "redacted-secret", "secrets": "***",
	"accesstoken": "redacted-token", "refreshtoken": "redacted-token", "token": "redacted-token", "authorization": "redacted-token",
	"password": "redacted-secret", "apikey": "redacted-secret",
	"uploadurl": "https://upload.example.com/file", "downloadurl": "https://download.example.com/file",
	"indexurl": "https://index.example.com/simple", "extraindexurls": "https://index.example.com/simple",
}

// redactor removes secrets, names, and random values from recordings.
type redactor struct {
	base    *url.URL // the URL of the service
	project string
	// prefix is the prefix of the names of resources that the scenario created. Other resources are removed.
	prefix string
	// known replaces known secrets and URLs anywhere.
	known *strings.Replacer
	// named matches the name of the project as a word.
	named *regexp.Regexp
	// sessions are the ids of the sessions that the scenario created. Other sessions are removed.
	sessions map[string]bool
}

// newRedactor returns a redactor that also replaces literals, which are known secrets. It ignores empty ones.
func newRedactor(base *url.URL, project, prefix string, literals ...string) *redactor {
	var pairs []string
	for _, literal := range literals {
		if literal != "" {
			pairs = append(pairs, literal, "redacted")
		}
	}
	pairs = append(pairs, base.Scheme+"://"+base.Host, anyServer, base.Host, "cluster.cognitedata.com")
	return &redactor{
		base: base, project: project, prefix: prefix,
		known:    strings.NewReplacer(pairs...),
		named:    regexp.MustCompile(`\b` + regexp.QuoteMeta(project) + `\b`),
		sessions: map[string]bool{},
	}
}

// redact changes an exchange before it is saved. The scenario receives the original response.
func (r *redactor) redact(i *cassette.Interaction) error {
	request, response := &i.Request, &i.Response
	r.recordSessions(response.Body)
	address, err := url.Parse(request.URL)
	if err != nil {
		return err
	}
	*request = cassette.Request{
		Method: request.Method, Proto: request.Proto, ProtoMajor: request.ProtoMajor, ProtoMinor: request.ProtoMinor,
		URL:     anyServer + r.path(address),
		Headers: r.allowed(request.Headers), Body: r.body(request.Body),
	}
	*response = cassette.Response{
		Status: response.Status, Code: response.Code, Proto: response.Proto, ProtoMajor: response.ProtoMajor,
		ProtoMinor: response.ProtoMinor, Headers: r.allowed(response.Headers), Body: r.body(response.Body),
	}
	request.ContentLength, response.ContentLength = int64(len(request.Body)), int64(len(response.Body))
	return nil
}

// path replaces the project in the path of a URL. It replaces no other part, because an operation can have the same name.
func (r *redactor) path(address *url.URL) string {
	path := strings.TrimPrefix(address.RequestURI(), r.base.Path)
	const before = "/api/v1/projects/"
	if rest, ok := strings.CutPrefix(path, before+r.project); ok && (rest == "" || rest[0] == '/') {
		return before + anyProject + r.known.Replace(rest)
	}
	return r.text(path)
}

// allowed returns the headers that recordings contain.
func (r *redactor) allowed(all http.Header) http.Header {
	result := http.Header{}
	for _, name := range headers {
		for _, value := range all.Values(name) {
			result.Add(name, r.text(value))
		}
	}
	return result
}

// body redacts JSON. It returns "" for other content, which it cannot check.
func (r *redactor) body(content string) string {
	if content == "" {
		return ""
	}
	body := exchange.NewBody([]byte(content))
	if body.Err != nil {
		return ""
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.value(body.Value)); err != nil {
		return ""
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func (r *redactor) value(v any) any {
	switch v := v.(type) {
	case string:
		return r.text(v)
	case []any:
		v = slices.DeleteFunc(v, r.isOfOthers)
		for i := range v {
			v[i] = r.value(v[i])
		}
		return v
	case map[string]any:
		for key, inner := range v {
			if instead, secret := secretKeys[plainKey(key)]; secret {
				v[key] = replaced(inner, instead)
			} else {
				v[key] = r.value(inner)
			}
		}
	}
	return v
}

// plainKey returns the same key for client_secret, client-secret and clientSecret.
func plainKey(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
}

// replaced replaces all strings and numbers in a value, and keeps its structure.
func replaced(v any, instead string) any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		for i := range v {
			v[i] = replaced(v[i], instead)
		}
		return v
	case map[string]any:
		for key := range v {
			v[key] = replaced(v[key], instead)
		}
		return v
	}
	return instead
}

// text replaces known secrets, URLs and the name of the project in a string.
func (r *redactor) text(text string) string {
	return r.named.ReplaceAllLiteralString(r.known.Replace(text), anyProject)
}

// recordSessions records the sessions that a response reports as created. Only these have a nonce.
func (r *redactor) recordSessions(body string) {
	var created struct {
		Items []struct {
			ID    json.Number
			Nonce string
		}
	}
	if json.Unmarshal([]byte(body), &created) != nil {
		return // not a list of sessions
	}
	for _, item := range created.Items {
		if item.Nonce != "" {
			r.sessions[item.ID.String()] = true
		}
	}
}

// isOfOthers reports whether an item of a list is a function, schedule or session that the scenario did not create.
func (r *redactor) isOfOthers(item any) bool {
	fields, ok := item.(map[string]any)
	if !ok {
		return false
	}
	if _, session := fields["creationTime"]; session {
		return !r.sessions[fmt.Sprint(fields["id"])]
	}
	name, named := fields["name"].(string)
	_, created := fields["createdTime"]
	return named && created && !strings.HasPrefix(name, r.prefix)
}
