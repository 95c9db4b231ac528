package functions

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestPackIsWhatCreateUploads(t *testing.T) {
	t.Parallel()
	write := FunctionWrite{Name: "hello", FunctionPath: new("src/handler.py")}
	source := FolderFS(fstest.MapFS{
		"src/handler.py":   {Data: []byte("def handle(data): return data\n")},
		"requirements.txt": {Data: []byte("numpy\n")},
		".env":             {Data: []byte(plantedSecret)},
	})
	code, err := source.Pack(write)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"requirements.txt", "src/handler.py"}, code.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{".env"}, code.Ignored); diff != "" {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
	check(t, "hash", code.ContentSHA256, "605cc45e47948e0e5db00992005e3e7f5ce0c7ed9469207172ed83e9ad4fd9ce")
	c, f := newFakeClient(t, []responder{
		respond(201, `{"id":7,"name":"hello.zip","uploaded":false,"createdTime":1,"lastUpdatedTime":1,"uploadUrl":"https://files.test/7"}`),
		respond(200, ""), respond(200, `{"items":[{"id":7,"name":"hello.zip","uploaded":true,"createdTime":1,"lastUpdatedTime":1}]}`),
		respond(201, oneFunction),
	})
	if _, err := c.Create(t.Context(), write, source); err != nil {
		t.Fatal(err)
	}
	check(t, "uploaded", f.requests[1].Body == string(code.Bytes), true)
}

func TestPackRefuses(t *testing.T) {
	t.Parallel()
	wrong := HandlerText("def handle(x): pass\n")
	for what, pack := range map[string]func() (*Package, error){
		"field": func() (*Package, error) { return wrong.Pack(FunctionWrite{}, WithFileDataSet(1)) },
		"code":  func() (*Package, error) { return wrong.Pack(FunctionWrite{Name: "a"}) },
		"file":  func() (*Package, error) { return FileID(7).Pack(FunctionWrite{Name: "a"}) },
		"masked secrets": func() (*Package, error) {
			return wrong.Pack(FunctionWrite{Name: "a", Secrets: map[string]string{"a": "***"}}, WithoutValidation())
		},
	} {
		if code, err := pack(); code != nil || !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, %v", what, code, err)
		}
	}
	if _, err := wrong.Pack(FunctionWrite{Name: "a"}, WithoutValidation()); err != nil {
		t.Error(err)
	}
}
