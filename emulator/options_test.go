package emulator

import (
	"testing"
	"time"
)

func TestDefaultLifetimes(t *testing.T) {
	t.Parallel()
	o := Options{}.withDefaults()
	for what, test := range map[string]struct {
		got, want time.Duration
		source    string
	}{
		"NonceLifetime": {o.NonceLifetime, time.Minute, "the vendor's documentation of sessions"},
		"TokenLifetime": {o.TokenLifetime, time.Hour, "a guess: the identity provider decides"},
	} {
		if test.got != test.want {
			t.Errorf("%s is %v, published is %v (%s); edit the table in emulator/options_test.go if that has changed", what, test.got, test.want, test.source)
		}
	}
}
