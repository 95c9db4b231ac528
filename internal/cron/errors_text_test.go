package cron_test

import (
	"testing"

	"github.com/cogfn/cogfn/internal/cron"
)

// TestErrorTexts pins the sentences of all errors. Other tests compare types only.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{
			"fields", cron.Check("* * * *"),
			`the cron expression "* * * *" has 4 fields: it needs five, for minute, hour, day of month, month and day of week`,
		},
		{
			"syntax", cron.Check("* * L * *"),
			`the cron expression "* * L * *" is not valid: field 3 is "L", which standard cron does not allow there`,
		},
		{"range", cron.Check("60 * * * *"), `the cron expression "60 * * * *" is not valid: a number is out of range`},
		{"no date", cron.ErrNever, "the cron expression matches no date"},
	} {
		if tt.err == nil || tt.err.Error() != tt.want {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.name, tt.err, tt.want)
		}
	}
}
