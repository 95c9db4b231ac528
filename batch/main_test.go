package batch_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if isChild() {
		os.Exit(runAsChild())
	}
	goleak.VerifyTestMain(m)
}
