package functions_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"

	functions "github.com/cogfn/cogfn/wrapper"
)

// The code is checked before anything is sent, so a mistake shows at once and in its line, not minutes later as a build
// that failed.
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
	if mistake, ok := errors.AsType[*functions.SourceError](err); ok {
		fmt.Println("file:", mistake.File)
		fmt.Println("line:", mistake.Line)
	}
	fmt.Println(err)
	// Output:
	// file: handler.py
	// line: 3
	// handler.py:3: handle has an argument "config" that the service does not pass; use only data, client, secrets and function_call_info
}

// A short function needs no folder. What it imports stands in its docstring.
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
	fmt.Println(err)
	// Output:
	// handler.py:6: `numpy=>1.26` is not a valid requirement: "=>" is no operator; use >=
}

// Code can be checked in a test or a pipeline, without a project.
func ExampleSource_Pack() {
	write := functions.FunctionWrite{Name: "echo", FunctionPath: new("src/main.py")}
	_, err := functions.HandlerText("async def handle(data):\n    return data\n").Pack(write)
	fmt.Println(err)
	packed, err := functions.HandlerText("def handle(data):\n    return data\n").Pack(write)
	fmt.Println(packed.Files, err)
	// Output:
	// src/main.py:1: handle is an async function; use a plain "def handle"
	// [src/main.py] <nil>
}
