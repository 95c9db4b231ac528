package service

import "github.com/cogfn/cogfn/gen"

// Cloud is the cloud on which a project runs. The limits depend on it.
type Cloud string

// The clouds.
const (
	GCP   Cloud = "gcp"
	Azure Cloud = "azure"
	AWS   Cloud = "aws"
)

// cloudLimits are the limits that differ between the clouds, as documented by the vendor. On Azure and AWS, cores and memory
// are fixed.
type cloudLimits struct {
	timeoutMinutes int
	dataBytes      int
	cpu            gen.CPURange
	memory         gen.MemoryRange
	// showsResponseSize reports whether the limits of the project contain the size of responses.
	showsResponseSize bool
}

var clouds = map[Cloud]cloudLimits{
	GCP: {
		timeoutMinutes: 9, dataBytes: 9_000_000, showsResponseSize: true,
		cpu: gen.CPURange{Min: 1, Max: 3, Default: 1}, memory: gen.MemoryRange{Min: 1.5, Max: 5, Default: 1.5},
	},
	Azure: {
		timeoutMinutes: 10, dataBytes: 36_000,
		cpu: gen.CPURange{Min: 1, Max: 1, Default: 1}, memory: gen.MemoryRange{Min: 2, Max: 2, Default: 2},
	},
	AWS: {
		timeoutMinutes: 10, dataBytes: 240_000,
		cpu: gen.CPURange{Min: 1, Max: 1, Default: 1}, memory: gen.MemoryRange{Min: 1.5, Max: 1.5, Default: 1.5},
	},
}

// IsKnown reports whether the emulator knows the limits of the cloud. "" means GCP.
func (c Cloud) IsKnown() bool {
	_, ok := clouds[c]
	return ok || c == ""
}

// limits returns the limits of the cloud.
func (c Cloud) limits() cloudLimits {
	if c == "" {
		c = GCP
	}
	return clouds[c]
}
