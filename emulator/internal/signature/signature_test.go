package signature_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/emulator/internal/signature"
)

func TestSignature(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	signer, other := signature.New([]byte("key")), signature.New([]byte("other"))
	signed := signer.Sign("upload", "file 7", now.Add(time.Minute))
	for name, tt := range map[string]struct {
		signer        signature.Signer
		purpose, text string
		at            time.Time
		want          error
	}{
		"good":          {signer, "upload", signed, now, nil},
		"other key":     {other, "upload", signed, now, signature.ErrInvalid},
		"other purpose": {signer, "download", signed, now, signature.ErrInvalid},
		"last moment":   {signer, "upload", signed, now.Add(time.Minute - time.Millisecond), nil},
		"too late":      {signer, "upload", signed, now.Add(time.Minute), signature.ErrExpired},
		"empty":         {signer, "upload", "", now, signature.ErrInvalid},
		"cut":           {signer, "upload", signed[:len(signed)-1], now, signature.ErrInvalid},
		"longer life":   {signer, "upload", strings.Replace(signed, ".", ".z", 1), now, signature.ErrInvalid},
	} {
		subject, err := tt.signer.Verify(tt.purpose, tt.text, tt.at)
		if !errors.Is(err, tt.want) || (err == nil && subject != "file 7") {
			t.Errorf("%s: %q, %v, want %v", name, subject, err, tt.want)
		}
	}
}

func TestSignatureGivesItsSubjectBack(t *testing.T) {
	t.Parallel()
	signer, now := signature.New([]byte("key")), time.Now()
	rapid.Check(t, func(t *rapid.T) {
		subject := rapid.String().Draw(t, "subject")
		got, err := signer.Verify("p", signer.Sign("p", subject, now.Add(time.Hour)), now)
		if err != nil || got != subject {
			t.Fatalf("%q came back as %q, %v", subject, got, err)
		}
	})
}
