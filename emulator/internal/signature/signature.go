// Package signature creates and verifies signed strings that expire: access tokens and the signatures in upload and
// download URLs.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// ErrInvalid and ErrExpired are the errors of [Signer.Verify].
var (
	ErrInvalid = errors.New("the signature is not valid")
	ErrExpired = errors.New("the signature has expired")
)

// Signer signs and verifies with one key.
type Signer struct{ key []byte }

// New returns a signer. The key should be 32 random bytes.
func New(key []byte) Signer { return Signer{key} }

// Sign returns a signed string that contains subject, is valid for one purpose, and expires. It consists of letters,
// digits, "-", "_" and ".".
func (s Signer) Sign(purpose, subject string, expires time.Time) string {
	body := base64.RawURLEncoding.EncodeToString([]byte(subject)) + "." + strconv.FormatInt(expires.UnixMilli(), 36)
	return body + "." + s.sum(purpose, body)
}

// Verify returns the subject of a string that Sign returned for the same purpose.
func (s Signer) Verify(purpose, signed string, now time.Time) (subject string, err error) {
	parts := strings.Split(signed, ".")
	if len(parts) != 3 {
		return "", ErrInvalid
	}
	if !hmac.Equal([]byte(parts[2]), []byte(s.sum(purpose, parts[0]+"."+parts[1]))) {
		return "", ErrInvalid
	}
	plain, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil {
		return "", ErrInvalid
	}
	expires, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return "", ErrInvalid
	}
	if now.UnixMilli() >= expires {
		return "", ErrExpired
	}
	return string(plain), nil
}

func (s Signer) sum(purpose, body string) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(purpose + "\x00" + body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
