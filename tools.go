//go:build tools

// This file pins the code generator together with the tool line in go.mod. The build tag is never set. Run the generator
// with "go tool oapi-codegen".

package cogfn

import (
	_ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
)
