package service

import (
	"testing"

	"github.com/cogfn/cogfn/gen"
)

// A new field of filter and functions is compared without further code.
func TestNewFilterField(t *testing.T) {
	t.Parallel()
	matches, err := functionFilter.compile(&gen.FunctionFilter{Region: new("west")})
	if err != nil {
		t.Fatal(err)
	}
	if !matches(&gen.Function{Region: new("west")}) || matches(&gen.Function{Region: new("east")}) || matches(&gen.Function{}) {
		t.Error("the filter does not compare the new field")
	}
}
