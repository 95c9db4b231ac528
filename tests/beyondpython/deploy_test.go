package beyondpython

import (
	"context"
	"errors"
	"fmt"

	"github.com/cogfn/cogfn/deploy"
	functions "github.com/cogfn/cogfn/wrapper"
)

const secretsKey = "a key of at least 16 bytes"

func (p *project) deploy(ctx context.Context, client *functions.Client) error {
	// snippet: deploy
	spec := deploy.Spec{
		Function: functions.FunctionWrite{
			Name:       "Greeter",
			ExternalID: new("greeter"),
			EnvVars:    map[string]string{"PLACE": "Oslo"},
			Secrets:    map[string]string{"api-key": "sesame"},
		},
		Source:     functions.HandlerText("def handle(data):\n    return 1\n"), // or functions.Folder("./greeter")
		SecretsKey: secretsKey,                                                 // at least 16 bytes; see below
	}
	changes, err := deploy.Plan(ctx, client, spec)
	if err != nil {
		return err
	}
	fmt.Println(changes)
	fn, err := deploy.Deploy(ctx, client, changes) // waits until the function is ready
	if failed, ok := errors.AsType[*deploy.Error](err); ok {
		fmt.Println("failed step:", failed.Step, "– calls are served by", failed.Serving)
	}
	if err != nil {
		return err
	}
	// end
	p.equal("action", changes.Action, deploy.Create)
	p.equal("status", fn.Status, functions.FunctionReady)
	if changes, err = deploy.Plan(ctx, client, spec); err != nil {
		return err
	}
	p.equal("action without changes", changes.Action, deploy.Nothing)
	changed, err := deploy.Plan(ctx, client, changedSpec(spec))
	if err != nil {
		return err
	}
	p.shows(changed.String())
	return nil
}

// changedSpec returns spec with other code, secrets and memory.
func changedSpec(spec deploy.Spec) deploy.Spec {
	spec.Function.Memory = new(2.5)
	spec.Function.Secrets = map[string]string{"api-key": "open sesame"}
	spec.Source = functions.HandlerText("def handle(data):\n    return 2\n")
	return spec
}

func (p *project) rollback(ctx context.Context, client *functions.Client) error {
	spec := deploy.Spec{
		Function:   functions.FunctionWrite{Name: "Greeter", ExternalID: new("greeter"), Secrets: map[string]string{"api-key": "sesame"}},
		Source:     functions.HandlerText("def handle(data):\n    return 1\n"),
		SecretsKey: secretsKey,
	}
	var files []int64
	for _, spec := range []deploy.Spec{spec, changedSpec(spec)} {
		changes, err := deploy.Plan(ctx, client, spec)
		if err != nil {
			return err
		}
		fn, err := deploy.Deploy(ctx, client, changes)
		if err != nil {
			return err
		}
		files = append(files, fn.FileID)
	}
	// snippet: rollback
	fn, err := deploy.Rollback(ctx, client, "greeter", deploy.Target{
		Secrets:    functions.Secrets{"api-key": "open sesame"}, // the service does not return secrets
		SecretsKey: secretsKey,
	})
	if err != nil {
		return err
	}
	fmt.Println(len(deploy.Versions(fn)), "versions; the first one is in use")
	// end
	p.equal("code file", fn.FileID, files[0])
	p.equal("number of versions", len(deploy.Versions(fn)), 2)
	return nil
}
