//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package batch

import (
	"errors"
	"os"
)

// lock refuses: without a lock that ends with its process, two runs could ruin each other's file, and one that outlives a
// killed process would keep the next run out for good.
func lock(*os.File) error { return errors.ErrUnsupported }

func unlock(*os.File) error { return nil }
