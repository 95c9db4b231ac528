// Command cogfn runs Cognite Functions on this machine: one function from a directory, or an emulator of the service.
package main

import (
	"os"

	"github.com/cogfn/cogfn/cmd/cogfn/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
