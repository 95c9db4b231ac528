// Package emulator runs the Cognite Functions service in one process: for tests, for work without a network, and for
// trying out a function before it is deployed. It answers all operations of api/openapi.yaml, runs uploaded Python code
// in warm processes, and lets Go functions stand in for uploaded code, so that tests need no Python.
//
//	e := emulator.RunT(t, emulator.Options{Handlers: map[string]emulator.Handler{
//		"add": func(ctx context.Context, call *emulator.Call) (any, error) { return 42, nil },
//	}})
//	// e.URL(), e.Project(), e.TokenURL(), e.ClientID() and e.ClientSecret() are what a client needs.
//
// The emulator executes the code that is uploaded to it, with the rights of its own process. It therefore listens on the
// loopback interface alone unless [Options.AllowRemote] is set.
//
// Where the real service's behavior is not documented, the emulator makes a guess, and the comment at that place says so.
// Every request is checked against the description; unknown fields are refused, as the service does.
package emulator
