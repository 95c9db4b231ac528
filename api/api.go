// Package api embeds the description of the Cognite Functions API, openapi.yaml.
package api

import _ "embed"

// OpenAPI is the description, an OpenAPI 3.0.3 document in YAML. Package gen is generated from it, and the emulator
// validates requests and responses against it.
//
//go:embed openapi.yaml
var OpenAPI []byte
