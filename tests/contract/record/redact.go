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

// What stands in recordings for the address of every service and for every project.
const (
	anyServer  = "https://cluster.cognitedata.com"
	anyProject = "project"
)

// headers are the only ones that are kept.
var headers = []string{"Accept", "Content-Type", "Origin", "Retry-After", "Cdf-Version"}

// secretKeys are the properties whose values are replaced, wherever they stand, with what replaces each text in them.
var secretKeys = map[string]string{
	"nonce": "redacted-nonce", "clientid": "redacted-client", "clientsecret": "redacted-secret", "secrets": "***",
	"accesstoken": "redacted-token", "refreshtoken": "redacted-token", "token": "redacted-token", "authorization": "redacted-token",
	"password": "redacted-secret", "apikey": "redacted-secret",
	"uploadurl": "https://upload.example.com/file", "downloadurl": "https://download.example.com/file",
	"indexurl": "https://index.example.com/simple", "extraindexurls": "https://index.example.com/simple",
}

// redactor takes out of recordings what must not be seen, and what differs without meaning anything.
type redactor struct {
	base    *url.URL // of the service
	project string
	// own begins the name of everything that the scenario made: what else a project holds is nobody's business.
	own string
	// known takes out known secrets and addresses wherever they stand, named the project's name where it is a word.
	known *strings.Replacer
	named *regexp.Regexp
	// sessions are the ids of the sessions that the scenario has created; nobody else's are recorded.
	sessions map[string]bool
}

// newRedactor makes a redactor that takes out the literals too, which are secrets that are known; empty ones are none.
func newRedactor(base *url.URL, project, own string, literals ...string) *redactor {
	var pairs []string
	for _, literal := range literals {
		if literal != "" {
			pairs = append(pairs, literal, "redacted")
		}
	}
	pairs = append(pairs, base.Scheme+"://"+base.Host, anyServer, base.Host, "cluster.cognitedata.com")
	return &redactor{
		base: base, project: project, own: own,
		known:    strings.NewReplacer(pairs...),
		named:    regexp.MustCompile(`\b` + regexp.QuoteMeta(project) + `\b`),
		sessions: map[string]bool{},
	}
}

// redact changes an exchange before it is saved; the program has seen the real one.
func (r *redactor) redact(i *cassette.Interaction) error {
	request, response := &i.Request, &i.Response
	r.noteSessions(response.Body)
	address, err := url.Parse(request.URL)
	if err != nil {
		return err
	}
	*request = cassette.Request{
		Method: request.Method, Proto: request.Proto, ProtoMajor: request.ProtoMajor, ProtoMinor: request.ProtoMinor,
		URL:     anyServer + r.path(address),
		Headers: r.kept(request.Headers), Body: r.body(request.Body),
	}
	*response = cassette.Response{
		Status: response.Status, Code: response.Code, Proto: response.Proto, ProtoMajor: response.ProtoMajor,
		ProtoMinor: response.ProtoMinor, Headers: r.kept(response.Headers), Body: r.body(response.Body),
	}
	request.ContentLength, response.ContentLength = int64(len(request.Body)), int64(len(response.Body))
	return nil
}

// path replaces the project where it stands in an address and nowhere else, as its name may be that of an operation too.
func (r *redactor) path(address *url.URL) string {
	path := strings.TrimPrefix(address.RequestURI(), r.base.Path)
	const before = "/api/v1/projects/"
	if rest, ok := strings.CutPrefix(path, before+r.project); ok && (rest == "" || rest[0] == '/') {
		return before + anyProject + r.known.Replace(rest)
	}
	return r.text(path)
}

func (r *redactor) kept(all http.Header) http.Header {
	kept := http.Header{}
	for _, name := range headers {
		for _, value := range all.Values(name) {
			kept.Add(name, r.text(value))
		}
	}
	return kept
}

// body redacts JSON. What is no JSON is left out: nobody can tell what it holds.
func (r *redactor) body(text string) string {
	if text == "" {
		return ""
	}
	body := exchange.NewBody([]byte(text))
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
		v = slices.DeleteFunc(v, r.foreign)
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

// plainKey makes client_secret, client-secret and clientSecret the same.
func plainKey(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
}

// replaced puts the same text in the place of every value, and keeps the shape.
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

// text takes known secrets, addresses and the project's name out of a text.
func (r *redactor) text(text string) string {
	return r.named.ReplaceAllLiteralString(r.known.Replace(text), anyProject)
}

// noteSessions remembers the sessions that an answer says were just created: only those come with a nonce.
func (r *redactor) noteSessions(body string) {
	var created struct {
		Items []struct {
			ID    json.Number
			Nonce string
		}
	}
	if json.Unmarshal([]byte(body), &created) != nil {
		return // no list, or one of other things
	}
	for _, item := range created.Items {
		if item.Nonce != "" {
			r.sessions[item.ID.String()] = true
		}
	}
}

// foreign says whether an item of a list is a function, a schedule or a session that the scenario has not made.
func (r *redactor) foreign(item any) bool {
	fields, ok := item.(map[string]any)
	if !ok {
		return false
	}
	if _, session := fields["creationTime"]; session {
		return !r.sessions[fmt.Sprint(fields["id"])]
	}
	name, named := fields["name"].(string)
	_, created := fields["createdTime"]
	return named && created && !strings.HasPrefix(name, r.own)
}
