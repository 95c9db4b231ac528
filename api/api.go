// Package api holds the description of the Cognite Functions API as it stands in openapi.yaml.
package api

import _ "embed"

// OpenAPI is the description, an OpenAPI 3.0.3 document in YAML. The clients in package gen are generated from it, the
// emulator validates against it.
//
//go:embed openapi.yaml
var OpenAPI []byte
