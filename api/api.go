// Package api embeds the descriptions of the Cognite Functions API, openapi.yaml, and of the emulator's control API,
// emulator.yaml.
package api

import _ "embed"

// OpenAPI is the description, an OpenAPI 3.0.3 document in YAML. Package gen is generated from it, and the emulator
// validates requests and responses against it.
//
//go:embed openapi.yaml
var OpenAPI []byte

// Emulator is the description of the emulator's control API, an OpenAPI 3.0.3 document in YAML. Package gen/control is
// generated from it.
//
//go:embed emulator.yaml
var Emulator []byte
