package functions

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/gen"
)

const (
	creation = "POST /functions"
	code     = "def handle(data):\n    return data\n"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{registeredAt(signed), stored(), fileWith(true), respond(201, oneFunction)})
	w := FunctionWrite{
		Name: "team/hello", ExternalID: new("hello"), Secrets: map[string]string{"key": plantedSecret}, Metadata: map[string]string{"a": "b"},
		FunctionPath: new("src/handler.py"),
	}
	before := w
	before.Secrets, before.Metadata = maps.Clone(w.Secrets), maps.Clone(w.Metadata)
	fn, err := c.Create(t.Context(), w, HandlerText(code), WithFileDataSet(5))
	if err != nil {
		t.Fatal(err)
	}
	check(t, "id", fn.ID, 42)
	if diff := cmp.Diff(before, w); diff != "" {
		t.Errorf("the argument was changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff([]string{register, put, fileByIDs, creation}, f.paths()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	check(t, "file", f.requests[0].Body, `{"dataSetId":5,"mimeType":"application/zip","name":"team-hello.zip"}`)
	check(t, "content type", f.requests[1].Header.Get("Content-Type"), "application/zip")
	check(t, "length", f.requests[1].Length, int64(len(f.requests[1].Body)))
	check(t, "token", f.requests[1].Header.Get("Authorization"), "")
	content, err := zip.NewReader(strings.NewReader(f.requests[1].Body), f.requests[1].Length)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "code", content.File[0].Name, "src/handler.py")
	var body gen.FunctionCreateRequest
	if err := json.Unmarshal([]byte(f.requests[3].Body), &body); err != nil {
		t.Fatal(err)
	}
	want := w
	want.FileID = 7
	if diff := cmp.Diff([]gen.FunctionWrite{gen.FunctionWrite(want)}, body.Items); diff != "" {
		t.Errorf("function (-want +got):\n%s", diff)
	}
}

func TestCreateFromFile(t *testing.T) {
	t.Parallel()
	for _, id := range []int64{0, 7} {
		c, f := newFakeClient(t, []responder{respond(201, oneFunction)})
		if _, err := c.Create(t.Context(), FunctionWrite{Name: "hello", FileID: id}, FileID(7)); err != nil {
			t.Fatal(err)
		}
		check(t, "body", f.requests[0].Body, `{"items":[{"fileId":7,"name":"hello"}]}`)
	}
}

var failedCreations = map[string]struct {
	opts   []CreateOption
	script []responder
	paths  []string // after those of the upload
	want   string
}{
	"refused": {
		nil,
		[]responder{respond(400, `{"error":{"code":400,"message":"taken","duplicated":[{"externalId":"hello"}]}}`), gone()},
		[]string{creation, remove},
		`functions: postFunctions was refused with status 400: taken (duplicated: {"externalId":"hello"})`,
	},
	"refused, file of another": {
		[]CreateOption{WithFileExternalID("shared")}, []responder{errorResponse(400, "no")}, []string{creation}, "functions: postFunctions was refused with status 400: no",
	},
	"refused, file cannot be deleted": {
		nil,
		[]responder{errorResponse(400, "no"), errorResponse(500, "fault")},
		[]string{creation, remove},
		"functions: postFunctions was refused with status 400: no; the uploaded file with id 7 is left behind; delete it: deleteFiles was refused with status 500: fault",
	},
	"answer lost": {
		nil, []responder{connectionReset()}, []string{creation}, "functions: postFunctions got no usable answer: read tcp: read: connection reset by peer",
	},
	"answer lost behind a proxy": {
		nil, []responder{errorResponse(504, "late")}, []string{creation}, "functions: postFunctions was refused with status 504: late; try again later",
	},
	"answer without a function": {
		nil, []responder{respond(201, noFunctions)}, []string{creation}, "functions: postFunctions got no usable answer: the answer holds no function",
	},
}

// What becomes of the code file when the function does not come about.
func TestCreateThatFails(t *testing.T) {
	t.Parallel()
	uploaded := []responder{registeredAt(signed), stored(), fileWith(true)}
	for name, test := range failedCreations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, append(append([]responder{}, uploaded...), test.script...))
				_, err := c.Create(t.Context(), FunctionWrite{Name: "hello"}, HandlerText(code), test.opts...)
				check(t, "error", fmt.Sprint(err), test.want)
				if diff := cmp.Diff(append([]string{register, put, fileByIDs}, test.paths...), f.paths()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
	t.Run("a file of the caller's stays", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{errorResponse(400, "no")})
		_, err := c.Create(t.Context(), FunctionWrite{Name: "hello"}, FileID(7))
		check(t, "status", errorAs[*APIError](t, err).StatusCode, 400)
	})
	t.Run("no upload, no function", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{errorResponse(403, "no")})
		_, err := c.Create(t.Context(), FunctionWrite{Name: "hello"}, HandlerText(code), WithFileExternalID("x"))
		checkKinds(t, err, ErrForbidden)
	})
}

func numberedPairs(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf("k%d", i)] = "v"
	}
	return all
}

// bigMetadata returns pairs of size bytes in all.
func bigMetadata(size int) map[string]string {
	all := map[string]string{}
	for i := 0; size > 0; i++ {
		key := fmt.Sprintf("k%02d", i)
		value := strings.Repeat("v", max(0, min(size-len(key), gen.MetadataMaxValueLength)))
		all[key[:min(len(key), size)]] = value
		size -= len(key) + len(value)
	}
	return all
}

// What the reference forbids is refused before anything is sent, each fault by name and no value shown.
func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	long := func(n int) *string { return new(strings.Repeat("é", n)) }
	tests := map[string]struct {
		w    FunctionWrite
		want []string
	}{
		"no name":   {FunctionWrite{}, []string{fmt.Sprintf("Name has 0 characters; it must have between 1 and %d", gen.FunctionNameMaxLength)}},
		"long name": {FunctionWrite{Name: *long(gen.FunctionNameMaxLength + 1)}, []string{"Name has"}},
		"long texts": {FunctionWrite{
			Name: "f", ExternalID: long(gen.ExternalIDMaxLength + 1), Owner: long(gen.FunctionOwnerMaxLength + 1), Description: long(gen.FunctionDescriptionMaxLength + 1),
		}, []string{"ExternalID has", "Owner has", "Description has"}},
		"long path":          {FunctionWrite{Name: "f", FunctionPath: new(strings.Repeat("a", gen.FunctionPathMaxLength-2) + ".py")}, []string{"FunctionPath has"}},
		"absolute path":      {FunctionWrite{Name: "f", FunctionPath: new("/handler.py")}, []string{`FunctionPath is "/handler.py"; the function path must be relative`}},
		"path out":           {FunctionWrite{Name: "f", FunctionPath: new("../handler.py")}, []string{"FunctionPath is"}},
		"path up":            {FunctionWrite{Name: "f", FunctionPath: new("a/../handler.py")}, []string{"FunctionPath is"}},
		"backslashes":        {FunctionWrite{Name: "f", FunctionPath: new(`a\handler.py`)}, []string{"FunctionPath is"}},
		"empty path":         {FunctionWrite{Name: "f", FunctionPath: new("")}, []string{"FunctionPath is"}},
		"many secrets":       {FunctionWrite{Name: "f", Secrets: numberedPairs(gen.FunctionSecretsMaxProperties + 1)}, []string{"Secrets has"}},
		"masked secrets":     {FunctionWrite{Name: "f", Secrets: map[string]string{"b": "***", "a": "***", "c": plantedSecret}}, []string{"three stars for a, b; set the real values"}},
		"secret's key":       {FunctionWrite{Name: "f", Secrets: map[string]string{"Bad": plantedSecret, "": plantedSecret, strings.Repeat("long-", 20): plantedSecret}}, []string{`"Bad"`, `""`, `"long-long-`}},
		"reserved secrets":   {FunctionWrite{Name: "f", Secrets: map[string]string{"token": plantedSecret, "indexUrl": plantedSecret, "extraIndexUrls": plantedSecret}}, []string{`"token", which is reserved`, `"indexUrl", which`, `"extraIndexUrls", which`}},
		"big secret":         {FunctionWrite{Name: "f", Secrets: map[string]string{"k": plantedSecret + strings.Repeat("x", gen.FunctionSecretsMaxEntryBytes)}}, []string{`bytes under the key "k"`}},
		"secret and its key": {FunctionWrite{Name: "f", Secrets: map[string]string{"k": strings.Repeat("x", gen.FunctionSecretsMaxEntryBytes)}}, []string{`bytes under the key "k"`}},
		"many variables":     {FunctionWrite{Name: "f", EnvVars: numberedPairs(gen.FunctionEnvVarsMaxProperties + 1)}, []string{"EnvVars has"}},
		"variable's key":     {FunctionWrite{Name: "f", EnvVars: map[string]string{"A-B": plantedSecret}}, []string{`EnvVars has the key "A-B"; keys must match`}},
		"many pairs":         {FunctionWrite{Name: "f", Metadata: numberedPairs(gen.MetadataMaxProperties + 1)}, []string{"Metadata has"}},
		"metadata's key":     {FunctionWrite{Name: "f", Metadata: map[string]string{strings.Repeat("k", gen.MetadataMaxKeyLength+1): "v"}}, []string{"keys have at most"}},
		"metadata's value":   {FunctionWrite{Name: "f", Metadata: map[string]string{"k": strings.Repeat("v", gen.MetadataMaxValueLength+1)}}, []string{"values at most"}},
		"big metadata": {
			FunctionWrite{Name: "f", Metadata: bigMetadata(gen.MetadataMaxBytes + 1)},
			[]string{fmt.Sprintf("Metadata has %d bytes; at most %d", gen.MetadataMaxBytes+1, gen.MetadataMaxBytes)},
		},
		"several faults": {FunctionWrite{EnvVars: map[string]string{"-": ""}, Metadata: numberedPairs(gen.MetadataMaxProperties + 1)}, []string{"Name has", "EnvVars has", "Metadata has"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, nil)
			_, err := c.Create(t.Context(), test.w, HandlerText(code))
			check(t, "field", errorAs[*ArgumentError](t, err).Field != "", true)
			checkKinds(t, err, ErrInvalid)
			text := err.Error()
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("the error does not say %q: %s", want, text)
				}
			}
			if !strings.HasPrefix(text, "functions: ") || strings.Count(text, "functions: ") != 1 || strings.Contains(text, plantedSecret) {
				t.Errorf("not one clean sentence: %s", text)
			}
		})
	}
}

func TestCreateTakesWhatIsJustAllowed(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, []responder{respond(201, oneFunction)})
	metadata := map[string]string{strings.Repeat("k", gen.MetadataMaxKeyLength): strings.Repeat("v", gen.MetadataMaxValueLength)}
	_, err := c.Create(t.Context(), FunctionWrite{
		Name: strings.Repeat("é", gen.FunctionNameMaxLength), ExternalID: new(strings.Repeat("x", gen.ExternalIDMaxLength)),
		Owner: new(strings.Repeat("o", gen.FunctionOwnerMaxLength)), Description: new(strings.Repeat("d", gen.FunctionDescriptionMaxLength)),
		FunctionPath: new(strings.Repeat("a", gen.FunctionPathMaxLength-3) + ".py"), Metadata: metadata,
		Secrets: map[string]string{"abc-012-xyz-789": strings.Repeat("s", gen.FunctionSecretsMaxEntryBytes-15)},
		EnvVars: numberedPairs(gen.FunctionEnvVarsMaxProperties),
	}, FileID(7))
	if err != nil {
		t.Error(err)
	}
}

func TestCreateWantsOneSource(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		w      FunctionWrite
		source Source
		want   string
	}{
		"none":           {FunctionWrite{Name: "f"}, Source{}, "functions: no code is given; use Folder, FolderFS, HandlerText or FileID"},
		"two files":      {FunctionWrite{Name: "f", FileID: 8}, FileID(7), "functions: FileID differs from the source's file id; leave it 0"},
		"file and text":  {FunctionWrite{Name: "f", FileID: 8}, HandlerText(code), "functions: FileID is set although the source is not a file id; give one of the two"},
		"file in fields": {FunctionWrite{Name: "f", FileID: 8}, Source{}, "functions: FileID is set although the source is not a file id; give one of the two"},
		"file id 0":      {FunctionWrite{Name: "f"}, FileID(0), "functions: the file id 0 is not valid; use the id of an uploaded zip"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, nil)
			_, err := c.Create(t.Context(), test.w, test.source)
			check(t, "error", fmt.Sprint(err), test.want)
			checkKinds(t, err, ErrInvalid)
		})
	}
}

func TestCreateChecksTheCodeUnlessToldNotTo(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	_, err := c.Create(t.Context(), FunctionWrite{Name: "f"}, HandlerText("x = 1\n"))
	checkKinds(t, err, ErrInvalid)
	check(t, "file", errorAs[*SourceError](t, err).File, "handler.py")
	c, f := newFakeClient(t, []responder{registeredAt(signed), stored(), fileWith(true), respond(201, oneFunction)})
	if _, err := c.Create(t.Context(), FunctionWrite{Name: "f"}, HandlerText("x = 1\n"), WithoutValidation()); err != nil {
		t.Fatal(err)
	}
	check(t, "a zip was sent", bytes.HasPrefix([]byte(f.requests[1].Body), []byte("PK")), true)
}
