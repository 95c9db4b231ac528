// Command cogfn runs Cognite Functions without an account: one from a folder, or the whole service on this machine.
package main

import (
	"os"

	"github.com/cogfn/cogfn/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
