// Package cogfn holds nothing but the generation of the clients from api/openapi.yaml; import the wrapper package instead:
//
//	import functions "github.com/cogfn/cogfn/wrapper"
package cogfn

//go:generate go tool oapi-codegen -config api/client.cfg.yaml api/openapi.yaml
//go:generate go tool oapi-codegen -config api/server.cfg.yaml api/openapi.yaml
