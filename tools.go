//go:build tools

// This file pins the code generator beside the tool line in go.mod: both read the one version that go.mod names.
// The build tag is never set; "go tool oapi-codegen" is how the generator runs.

package cogfn

import (
	_ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
)
