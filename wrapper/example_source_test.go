package functions_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"

	functions "github.com/cogfn/cogfn/wrapper"
)

// Create checks the code before it sends a request. The error names the line, minutes before a deployment would fail.
func ExampleSourceError() {
	client, err := functions.NewClient(functions.Config{
		BaseURL: "http://127.0.0.1:1", Project: "demo", TokenSource: functions.StaticToken("token"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := fstest.MapFS{"handler.py": {Data: []byte("import math\n\ndef handle(data, config):\n    return math.sqrt(data['x'])\n")}}
	_, err = client.Create(context.Background(), functions.FunctionWrite{Name: "root"}, functions.FolderFS(code))
	if problem, ok := errors.AsType[*functions.SourceError](err); ok {
		fmt.Println("file:", problem.File)
		fmt.Println("line:", problem.Line)
	}
	fmt.Println("invalid:", errors.Is(err, functions.ErrInvalid))
	// Output:
	// file: handler.py
	// line: 3
	// invalid: true
}

// A function can be a string. Its docstring lists the packages to install.
func ExampleHandlerText() {
	client, err := functions.NewClient(functions.Config{
		BaseURL: "http://127.0.0.1:1", Project: "demo", TokenSource: functions.StaticToken("token"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	code := functions.HandlerText(`
def handle(data):
    """Return the mean.

    [requirements]
    numpy=>1.26
    [/requirements]
    """
    import numpy

    return float(numpy.mean(data["values"]))
`)
	_, err = client.Create(context.Background(), functions.FunctionWrite{Name: "mean"}, code)
	if problem, ok := errors.AsType[*functions.SourceError](err); ok {
		fmt.Println("invalid requirement in line", problem.Line)
	}
	// Output:
	// invalid requirement in line 6
}

// Pack checks code in a test or a pipeline, without a project.
func ExampleSource_Pack() {
	write := functions.FunctionWrite{Name: "echo", FunctionPath: new("src/main.py")}
	_, err := functions.HandlerText("async def handle(data):\n    return data\n").Pack(write)
	fmt.Println("invalid:", errors.Is(err, functions.ErrInvalid))
	packed, err := functions.HandlerText("def handle(data):\n    return data\n").Pack(write)
	fmt.Println(packed.Files, err)
	// Output:
	// invalid: true
	// [src/main.py] <nil>
}
