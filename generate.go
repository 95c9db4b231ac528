// Package cogfn contains only the directives that generate the clients from api/openapi.yaml. Import the wrapper instead:
//
//	import functions "github.com/cogfn/cogfn/wrapper"
package cogfn

//go:generate go tool oapi-codegen -config api/client.cfg.yaml api/openapi.yaml
//go:generate go run ./tools/fieldlists gen/gen.gen.go wrapper
//go:generate go tool oapi-codegen -config api/server.cfg.yaml api/openapi.yaml
//go:generate go tool oapi-codegen -config api/control.cfg.yaml api/emulator.yaml
