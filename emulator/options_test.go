package emulator

import (
	"testing"
	"time"
)

func TestDefaultLifetimes(t *testing.T) {
	t.Parallel()
	o := Options{}.withDefaults()
	for name, tt := range map[string]struct {
		got, want time.Duration
		source    string
	}{
		"NonceLifetime": {o.NonceLifetime, time.Minute, "documentation of sessions"},
		"TokenLifetime": {o.TokenLifetime, time.Hour, "a guess: it depends on the identity provider"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %v, documented is %v (%s); if the documentation has changed, edit TestDefaultLifetimes in emulator/options_test.go", name, tt.got, tt.want, tt.source)
		}
	}
}
