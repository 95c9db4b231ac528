package deploy_test

import (
	"strings"
	"testing"

	"github.com/cogfn/cogfn/deploy"
	"github.com/cogfn/cogfn/emulator"
)

// A new field of the description is deployed like any other setting.
func TestNewFieldIsDeployed(t *testing.T) {
	t.Parallel()
	p := startProject(t, emulator.Options{})
	spec := greetSpec("1", codeV1)
	spec.Function.Region = new("west")
	p.deploy(spec)
	if changes := p.plan(spec); changes.Action != deploy.Nothing {
		t.Errorf("the plan for the same region is %v", changes)
	}
	spec.Function.Region = new("east")
	if changes := p.plan(spec); changes.Action != deploy.Replace || !strings.Contains(changes.String(), "region") {
		t.Errorf("the plan for another region is %v", changes)
	}
}
