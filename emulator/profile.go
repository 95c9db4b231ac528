package emulator

import (
	"fmt"

	"github.com/cogfn/cogfn/emulator/internal/service"
)

// SetProfile changes the cloud and the assumptions about the service from now on. [Options.Limits] still have priority
// over the limits of the cloud. It returns an error if the cloud or an assumption is not valid.
func (e *Emulator) SetProfile(cloud Cloud, assumptions Assumptions) error {
	if err := checkProfile(cloud, assumptions); err != nil {
		return err
	}
	e.service.SetProfile(e.profile(cloud, assumptions))
	return nil
}

func (e *Emulator) profile(cloud Cloud, assumptions Assumptions) service.Profile {
	return service.Profile{Cloud: cloud, Limits: service.Limits(e.options.Limits), Assumptions: service.Assumptions(assumptions)}
}

func checkProfile(cloud Cloud, assumptions Assumptions) error {
	if !cloud.IsKnown() {
		return fmt.Errorf("the cloud %q is unknown; use gcp, azure or aws", cloud)
	}
	return service.Assumptions(assumptions).Check()
}
