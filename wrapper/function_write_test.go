package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// functionWithSecrets returns a function with each kind of secret.
func functionWithSecrets() FunctionWrite {
	return FunctionWrite{
		Name: "hello", Secrets: Secrets{"key": plantedSecret, "other": plantedKey}.Reveal(),
		IndexURL:       new("https://me:" + plantedSecret + "@pypi.example.com/simple?token=" + plantedKey),
		ExtraIndexURLs: []string{"https://pypi.example.com/" + plantedToken + "/simple", "://" + plantedSecret, plantedKey},
	}
}

// A FunctionWrite of a retrieved function can be created again after its secrets are set.
func TestFunctionAsWrite(t *testing.T) {
	t.Parallel()
	masked := strings.Replace(oneFunction, `"name"`, `"secrets":{"b":"***","a":"***"},"name"`, 1)
	c, f := newFakeClient(t, []responder{respond(200, masked), respond(201, oneFunction)})
	fn, err := c.Retrieve(t.Context(), ID(42))
	if err != nil {
		t.Fatal(err)
	}
	w := fn.AsWrite()
	_, err = c.Create(t.Context(), w, FileID(fn.FileID))
	check(t, "field", errorAs[*ArgumentError](t, err).Field, "Secrets")
	checkMessage(t, err, "a, b")
	w.Secrets = map[string]string{"a": "1"}
	if _, err := c.Create(t.Context(), w, FileID(fn.FileID)); err != nil {
		t.Fatal(err)
	}
	check(t, "body", f.requests[1].Body, `{"items":[{"externalId":"hello","fileId":7,"name":"hello","secrets":{"a":"1"}}]}`)
	check(t, "secret of the retrieved function", fn.Secrets["a"], "***")
	check(t, "name in a list", FunctionList{fn}.AsWrite()[0].Name, "hello")
}

// A FunctionWrite does not show its secrets, and Create sends them unchanged.
func TestFunctionWriteHidesSecrets(t *testing.T) {
	t.Parallel()
	w := functionWithSecrets()
	for what, v := range map[string]any{
		"FunctionWrite": w, "*FunctionWrite": &w, "field": struct{ W FunctionWrite }{w}, "list": []FunctionWrite{w},
		"Secrets": Secrets{"key": plantedSecret}, "not JSON": FunctionWrite{Secrets: w.Secrets, Memory: new(math.NaN())},
	} {
		if what != "not JSON" {
			checkHidden(t, what, v)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%8.3f", "%!"} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range planted {
				if strings.Contains(text, secret) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", secret)) {
					t.Errorf("%s with %s = %s, want no secret", what, verb, text)
				}
			}
		}
	}
	const shown = `{"extraIndexUrls":["https://pypi.example.com/***","***","***"],"fileId":0,"indexUrl":"https://pypi.example.com/***","name":"hello","secrets":{"key":"***","other":"***"}}`
	check(t, "%v", fmt.Sprint(w), shown)
	encoded, err := json.Marshal(w)
	check(t, "error", err, nil)
	check(t, "JSON", string(encoded), shown)
	if diff := cmp.Diff(functionWithSecrets(), w); diff != "" {
		t.Errorf("FunctionWrite after formatting (-before +after):\n%s", diff)
	}
	w.ExtraIndexURLs = w.ExtraIndexURLs[:1]
	c, f := newFakeClient(t, []responder{respond(201, oneFunction)})
	if _, err := c.Create(t.Context(), w, FileID(7)); err != nil {
		t.Fatal(err)
	}
	check(t, "body", f.requests[0].Body, `{"items":[{"extraIndexUrls":["https://pypi.example.com/planted-token/simple"],"fileId":7,`+
		`"indexUrl":"https://me:planted-secret@pypi.example.com/simple?token=planted-key","name":"hello","secrets":{"key":"planted-secret","other":"planted-key"}}]}`)
}

// Create rejects a FunctionWrite whose secrets were masked by encoding it, and names each masked field.
func TestCreateRejectsMaskedFunction(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(functionWithSecrets())
	check(t, "error", err, nil)
	var w FunctionWrite
	if err := json.Unmarshal(encoded, &w); err != nil {
		t.Fatal(err)
	}
	c, _ := newFakeClient(t, nil)
	_, err = c.Create(t.Context(), w, FileID(7))
	checkKinds(t, err, ErrInvalid)
	checkMessage(t, err, "Secrets", "key, other", "IndexURL", "ExtraIndexURLs")
}

// A masked URL of a package index has no part of the URL except scheme and host.
func TestMaskedURL(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[a-z0-9]{12}`).Draw(t, "secret")
		form := rapid.SampledFrom([]string{
			"https://%s@host/simple", "https://user:%s@host/simple", "https://host/%s/simple", "https://host/simple?token=%s",
			"https://host/#%s", "git+https://%s@host/x", "%s", "https://user:%%zz%s@host", "//%s@host", "%s:pass@host/simple", "file:///%s",
		}).Draw(t, "form")
		if shown := maskedURL(fmt.Sprintf(form, secret)); strings.Contains(shown, secret) {
			t.Fatalf("maskedURL of %s = %s, want no secret", form, shown)
		}
	})
}

func TestSecretsReveal(t *testing.T) {
	t.Parallel()
	var read struct{ Secrets Secrets }
	if err := json.Unmarshal([]byte(`{"secrets":{"key":"`+plantedSecret+`"}}`), &read); err != nil {
		t.Fatal(err)
	}
	check(t, "decoded secret", read.Secrets.Reveal()["key"], plantedSecret)
	check(t, "secrets of nil", len(Secrets(nil).Reveal()), 0)
	check(t, "%v", fmt.Sprint(read.Secrets), "map[key:***]")
}

// WithoutValidation does not accept masked URLs.
func TestCreateWithoutValidationRejectsMaskedURL(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	w := FunctionWrite{Name: "f", IndexURL: new("https://pypi.example.com/***")}
	if _, err := c.Create(t.Context(), w, FileID(7), WithoutValidation()); !errors.Is(err, ErrInvalid) {
		t.Errorf("error = %v, want ErrInvalid", err)
	}
}
