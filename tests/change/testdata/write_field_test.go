package deploy_test

import (
	"strings"
	"testing"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
)

// A field that the description has gained is deployed like any other setting.
func TestNewFieldIsDeployed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	spec := greet("1", codeV1)
	spec.Function.Region = new("west")
	w.deployed(spec)
	if changes := w.plan(spec); changes.Action != deploy.Nothing {
		t.Errorf("the plan for the same region is %v", changes)
	}
	spec.Function.Region = new("east")
	if changes := w.plan(spec); changes.Action != deploy.Replace || !strings.Contains(changes.String(), "region") {
		t.Errorf("the plan for another region is %v", changes)
	}
}
