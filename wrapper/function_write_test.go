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

func secretive() FunctionWrite {
	return FunctionWrite{
		Name: "hello", Secrets: Secrets{"key": plantedSecret, "other": plantedKey}.Reveal(),
		IndexURL:       new("https://me:" + plantedSecret + "@pypi.example.com/simple?token=" + plantedKey),
		ExtraIndexURLs: []string{"https://pypi.example.com/" + plantedToken + "/simple", "://" + plantedSecret, plantedKey},
	}
}

// A function to create shows no secret, and Create sends them all the same.
func TestFunctionWriteHidesSecrets(t *testing.T) {
	t.Parallel()
	w := secretive()
	for what, v := range map[string]any{
		"FunctionWrite": w, "*FunctionWrite": &w, "within": struct{ W FunctionWrite }{w}, "list": []FunctionWrite{w},
		"Secrets": Secrets{"key": plantedSecret}, "not JSON": FunctionWrite{Secrets: w.Secrets, Memory: new(math.NaN())},
	} {
		if what != "not JSON" {
			checkHidden(t, what, v)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%8.3f", "%!"} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range planted {
				if strings.Contains(text, secret) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", secret)) {
					t.Errorf("%s shows a secret by %s: %s", what, verb, text)
				}
			}
		}
	}
	const shown = `{"extraIndexUrls":["https://pypi.example.com/***","***","***"],"fileId":0,"indexUrl":"https://pypi.example.com/***","name":"hello","secrets":{"key":"***","other":"***"}}`
	check(t, "%v", fmt.Sprint(w), shown)
	encoded, err := json.Marshal(w)
	check(t, "error", err, nil)
	check(t, "JSON", string(encoded), shown)
	if diff := cmp.Diff(secretive(), w); diff != "" {
		t.Errorf("showing it changed it (-before +after):\n%s", diff)
	}
	w.ExtraIndexURLs = w.ExtraIndexURLs[:1]
	c, f := newFakeClient(t, []responder{respond(201, oneFunction)})
	if _, err := c.Create(t.Context(), w, FileID(7)); err != nil {
		t.Fatal(err)
	}
	check(t, "body", f.requests[0].Body, `{"items":[{"extraIndexUrls":["https://pypi.example.com/planted-token/simple"],"fileId":7,`+
		`"indexUrl":"https://me:planted-secret@pypi.example.com/simple?token=planted-key","name":"hello","secrets":{"key":"planted-secret","other":"planted-key"}}]}`)
}

// A schedule to create shows no nonce.
func TestScheduleWriteHidesItsNonce(t *testing.T) {
	t.Parallel()
	w := ScheduleWrite{Name: "nightly", CronExpression: "0 3 * * *", FunctionID: 42, Nonce: plantedNonce}
	for what, v := range map[string]any{"ScheduleWrite": w, "*ScheduleWrite": &w, "list": []ScheduleWrite{w}} {
		checkHidden(t, what, v)
	}
	check(t, "%v", fmt.Sprint(w), `{"cronExpression":"0 3 * * *","functionId":42,"name":"nightly","nonce":"***"}`)
	w.Nonce = ""
	check(t, "without a nonce", fmt.Sprint(w), `{"cronExpression":"0 3 * * *","functionId":42,"name":"nightly","nonce":""}`)
}

// What was shown and read back is refused, so that no stars are deployed.
func TestShownFunctionIsRefused(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(secretive())
	check(t, "error", err, nil)
	var w FunctionWrite
	if err := json.Unmarshal(encoded, &w); err != nil {
		t.Fatal(err)
	}
	c, _ := newFakeClient(t, nil)
	_, err = c.Create(t.Context(), w, FileID(7))
	check(t, "text", err.Error(), "functions: Secrets still holds three stars for key, other; set the real values, which the service never returns; "+
		"IndexURL still holds three stars; set the real address, which is not shown again; "+
		"ExtraIndexURLs still holds three stars; set the real addresses, which are not shown again")
}

// Whatever the address of an index is, nothing of it is shown but its host.
func TestHiddenAddress(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[a-z0-9]{12}`).Draw(t, "secret")
		form := rapid.SampledFrom([]string{
			"https://%s@host/simple", "https://user:%s@host/simple", "https://host/%s/simple", "https://host/simple?token=%s",
			"https://host/#%s", "git+https://%s@host/x", "%s", "https://user:%%zz%s@host", "//%s@host", "%s:pass@host/simple", "file:///%s",
		}).Draw(t, "form")
		if shown := maskedURL(fmt.Sprintf(form, secret)); strings.Contains(shown, secret) {
			t.Fatalf("%s is shown as %s", form, shown)
		}
	})
}

func TestSecretsReveal(t *testing.T) {
	t.Parallel()
	var read struct{ Secrets Secrets }
	if err := json.Unmarshal([]byte(`{"secrets":{"key":"`+plantedSecret+`"}}`), &read); err != nil {
		t.Fatal(err)
	}
	check(t, "read from JSON", read.Secrets.Reveal()["key"], plantedSecret)
	check(t, "of none", len(Secrets(nil).Reveal()), 0)
	check(t, "shown", fmt.Sprint(read.Secrets), "map[key:***]")
}

func TestHiddenAddressesAreRefusedWithoutValidationToo(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	w := FunctionWrite{Name: "f", IndexURL: new("https://pypi.example.com/***")}
	if _, err := c.Create(t.Context(), w, FileID(7), WithoutValidation()); !errors.Is(err, ErrInvalid) {
		t.Errorf("got %v", err)
	}
}
