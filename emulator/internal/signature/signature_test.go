package signature_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/emulator/internal/signature"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	signer, other := signature.New([]byte("key")), signature.New([]byte("other"))
	signed := signer.Sign("upload", "file 7", now.Add(time.Minute))
	for name, tt := range map[string]struct {
		signer          signature.Signer
		purpose, signed string
		at              time.Time
		want            error
	}{
		"valid":         {signer, "upload", signed, now, nil},
		"other key":     {other, "upload", signed, now, signature.ErrInvalid},
		"other purpose": {signer, "download", signed, now, signature.ErrInvalid},
		"not expired":   {signer, "upload", signed, now.Add(time.Minute - time.Millisecond), nil},
		"expired":       {signer, "upload", signed, now.Add(time.Minute), signature.ErrExpired},
		"empty":         {signer, "upload", "", now, signature.ErrInvalid},
		"truncated":     {signer, "upload", signed[:len(signed)-1], now, signature.ErrInvalid},
		"other expiry":  {signer, "upload", strings.Replace(signed, ".", ".z", 1), now, signature.ErrInvalid},
	} {
		subject, err := tt.signer.Verify(tt.purpose, tt.signed, tt.at)
		if !errors.Is(err, tt.want) || (err == nil && subject != "file 7") {
			t.Errorf("%s: subject %q, error %v, want error %v", name, subject, err, tt.want)
		}
	}
}

func TestVerifyReturnsSubject(t *testing.T) {
	t.Parallel()
	signer, now := signature.New([]byte("key")), time.Now()
	rapid.Check(t, func(t *rapid.T) {
		subject := rapid.String().Draw(t, "subject")
		got, err := signer.Verify("p", signer.Sign("p", subject, now.Add(time.Hour)), now)
		if err != nil || got != subject {
			t.Fatalf("subject %q, error %v, want %q", got, err, subject)
		}
	})
}
