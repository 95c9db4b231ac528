package contract

import (
	"net/http"
	"strings"
	"testing"
)

// The emulator follows the length of the description.
func TestNewLength(t *testing.T) {
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for length, accepted := range map[int]bool{150: true, 151: false} {
		body := strings.NewReader(`{"items":[{"name":"` + strings.Repeat("a", length) + `","fileId":1}]}`)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/functions", body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if problem := c.CheckRequest(r, "POST /functions", nil); (problem == nil) != accepted {
			t.Errorf("%d characters: %v", length, problem)
		}
	}
}
