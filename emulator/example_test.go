package emulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// A Go function stands in for the code of a function, and is called through the API.
func ExampleStart() {
	double := func(_ context.Context, call *emulator.Call) (any, error) {
		var in struct{ N int }
		err := json.Unmarshal(call.Data, &in)
		return 2 * in.N, err
	}
	e, err := emulator.Start(emulator.Options{Handlers: map[string]emulator.Handler{"double": double}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = e.Close() }()

	ctx, web := context.Background(), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	token := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer any") // any token will do
		return nil
	}
	api, err := gen.NewAPI(e.URL()+"/api/v1/projects/"+e.Project(), gen.WithHTTPClient(web), gen.WithRequestEditorFn(token))
	if err != nil {
		log.Fatal(err)
	}

	file, _ := api.InitFileUpload(ctx, nil, gen.FileWrite{Name: "double.zip"})
	upload, _ := http.NewRequestWithContext(ctx, http.MethodPut, file.UploadURL, strings.NewReader("not needed by a Go function"))
	sent, err := web.Do(upload)
	if err != nil {
		log.Fatal(err)
	}
	_ = sent.Body.Close()
	created, _ := api.PostFunctions(ctx, gen.FunctionCreateRequest{
		Items: []gen.FunctionWrite{{Name: "double", FileID: file.ID}},
	})
	f := created.Items[0]
	for f.Status != gen.FunctionStatusReady {
		time.Sleep(time.Millisecond)
		now, _ := api.GetFunction(ctx, f.ID)
		f = *now
	}

	var write gen.SessionWrite
	_ = write.FromSessionWithTokenExchange(gen.SessionWithTokenExchange{TokenExchange: true})
	session, _ := api.CreateSessions(ctx, gen.SessionCreateRequest{Items: []gen.SessionWrite{write}})
	call, _ := api.PostFunctionsCall(ctx, f.ID, gen.FunctionCallRequest{
		Data: gen.InputData(`{"n": 21}`), Nonce: session.Items[0].Nonce,
	})
	for status := gen.FunctionCallStatusRunning; status == gen.FunctionCallStatusRunning; {
		now, _ := api.GetFunctionCall(ctx, f.ID, call.ID)
		status = now.Status
	}
	response, _ := api.GetFunctionCallResponse(ctx, f.ID, call.ID)
	fmt.Println("the function returned", string(response.Response))
	// Output: the function returned 42
}
