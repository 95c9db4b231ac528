// Package emulated starts emulators with clients for the examples of several packages. Tests use emulator.RunT.
package emulated

import (
	"log"
	"net/http"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/functionstest"
	functions "github.com/cogfn/cogfn/wrapper"
)

// Start starts an emulator and returns a client of it with additional options. An error ends the program, as in the
// examples.
func Start(options emulator.Options, opts ...functions.Option) (client *functions.Client, closeAll func()) {
	service, err := emulator.Start(options)
	if err != nil {
		log.Fatal(err)
	}
	transport := &http.Transport{}
	client, err = functions.NewClient(functionstest.Config(service), append(opts, functions.WithHTTPClient(&http.Client{Transport: transport}))...)
	if err != nil {
		log.Fatal(err)
	}
	return client, func() {
		transport.CloseIdleConnections()
		if err := service.Close(); err != nil {
			log.Print(err)
		}
	}
}
