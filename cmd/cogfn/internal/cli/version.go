package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	functions "github.com/cogfn/cogfn/wrapper"
)

func newVersion(streams Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(streams.Out, "cogfn %s %s %s/%s\n", functions.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
