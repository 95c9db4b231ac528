package functions

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
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
		t.Errorf("argument (-before +after):\n%s", diff)
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
	check(t, "file in the zip", content.File[0].Name, "src/handler.py")
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
	words  []string // of the error
}{
	"rejected": {
		nil,
		[]responder{respond(400, `{"error":{"code":400,"message":"taken","duplicated":[{"externalId":"hello"}]}}`), gone()},
		[]string{creation, remove},
		[]string{"400", "taken", `{"externalId":"hello"}`},
	},
	"rejected, overwritten file": {
		[]CreateOption{WithFileExternalID("shared")}, []responder{errorResponse(400, "no")}, []string{creation}, []string{"400"},
	},
	"rejected, file cannot be deleted": {
		nil,
		[]responder{errorResponse(400, "no"), errorResponse(500, "fault")},
		[]string{creation, remove},
		[]string{"400", "file with id 7", "500"},
	},
	"connection reset": {nil, []responder{connectionReset()}, []string{creation}, []string{"reset"}},
	"504 of a proxy":   {nil, []responder{errorResponse(504, "late")}, []string{creation}, []string{"504"}},
	"no function":      {nil, []responder{respond(201, noFunctions)}, []string{creation}, []string{"no function"}},
}

// After a rejected creation, Create deletes the file that it uploaded. If the function may exist, the file remains.
func TestCreateFails(t *testing.T) {
	t.Parallel()
	uploaded := []responder{registeredAt(signed), stored(), fileWith(true)}
	for name, test := range failedCreations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, slices.Concat(uploaded, test.script))
				_, err := c.Create(t.Context(), FunctionWrite{Name: "hello"}, HandlerText(code), test.opts...)
				checkMessage(t, err, append([]string{"hello"}, test.words...)...)
				if diff := cmp.Diff(append([]string{register, put, fileByIDs}, test.paths...), f.paths()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
			})
		})
	}
	t.Run("file of the caller", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{errorResponse(400, "no")})
		_, err := c.Create(t.Context(), FunctionWrite{Name: "hello"}, FileID(7))
		check(t, "status", errorAs[*APIError](t, err).StatusCode, 400)
	})
	t.Run("upload rejected", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{errorResponse(403, "no")})
		_, err := c.Create(t.Context(), FunctionWrite{Name: "hello"}, HandlerText(code), WithFileExternalID("x"))
		checkKinds(t, err, ErrForbidden)
	})
}

// numberedPairs returns n pairs.
func numberedPairs(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf("k%d", i)] = "v"
	}
	return all
}

// bigMetadata returns pairs with a total size in bytes.
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

// Create rejects what the reference forbids before it sends a request. The error names each field, but no value of a secret.
func TestCreateRejectsFields(t *testing.T) {
	t.Parallel()
	long := func(n int) *string { return new(strings.Repeat("é", n)) }
	tests := map[string]struct {
		w    FunctionWrite
		want []string
	}{
		"no name":   {FunctionWrite{}, []string{"Name", strconv.Itoa(gen.FunctionNameMaxLength)}},
		"long name": {FunctionWrite{Name: *long(gen.FunctionNameMaxLength + 1)}, []string{"Name has"}},
		"long strings": {FunctionWrite{
			Name: "f", ExternalID: long(gen.ExternalIDMaxLength + 1), Owner: long(gen.FunctionOwnerMaxLength + 1), Description: long(gen.FunctionDescriptionMaxLength + 1),
		}, []string{"ExternalID has", "Owner has", "Description has"}},
		"long path":          {FunctionWrite{Name: "f", FunctionPath: new(strings.Repeat("a", gen.FunctionPathMaxLength-2) + ".py")}, []string{"FunctionPath has"}},
		"absolute path":      {FunctionWrite{Name: "f", FunctionPath: new("/handler.py")}, []string{`FunctionPath is "/handler.py"`, "relative"}},
		"parent path":        {FunctionWrite{Name: "f", FunctionPath: new("../handler.py")}, []string{"FunctionPath is"}},
		"path with ..":       {FunctionWrite{Name: "f", FunctionPath: new("a/../handler.py")}, []string{"FunctionPath is"}},
		"backslashes":        {FunctionWrite{Name: "f", FunctionPath: new(`a\handler.py`)}, []string{"FunctionPath is"}},
		"empty path":         {FunctionWrite{Name: "f", FunctionPath: new("")}, []string{"FunctionPath is"}},
		"many secrets":       {FunctionWrite{Name: "f", Secrets: numberedPairs(gen.FunctionSecretsMaxProperties + 1)}, []string{"Secrets has"}},
		"masked secrets":     {FunctionWrite{Name: "f", Secrets: map[string]string{"b": "***", "a": "***", "c": plantedSecret}}, []string{"Secrets", "a, b"}},
		"secret key":         {FunctionWrite{Name: "f", Secrets: map[string]string{"Bad": plantedSecret, "": plantedSecret, strings.Repeat("long-", 20): plantedSecret}}, []string{`"Bad"`, `""`, `"long-long-`}},
		"reserved secrets":   {FunctionWrite{Name: "f", Secrets: map[string]string{"token": plantedSecret, "indexUrl": plantedSecret, "extraIndexUrls": plantedSecret}}, []string{`"token"`, `"indexUrl"`, `"extraIndexUrls"`}},
		"big secret":         {FunctionWrite{Name: "f", Secrets: map[string]string{"k": plantedSecret + strings.Repeat("x", gen.FunctionSecretsMaxEntryBytes)}}, []string{"Secrets", `"k"`, strconv.Itoa(gen.FunctionSecretsMaxEntryBytes)}},
		"secret and its key": {FunctionWrite{Name: "f", Secrets: map[string]string{"k": strings.Repeat("x", gen.FunctionSecretsMaxEntryBytes)}}, []string{"Secrets", `"k"`, strconv.Itoa(gen.FunctionSecretsMaxEntryBytes)}},
		"many variables":     {FunctionWrite{Name: "f", EnvVars: numberedPairs(gen.FunctionEnvVarsMaxProperties + 1)}, []string{"EnvVars has"}},
		"variable key":       {FunctionWrite{Name: "f", EnvVars: map[string]string{"A-B": plantedSecret}}, []string{"EnvVars", `"A-B"`}},
		"many pairs":         {FunctionWrite{Name: "f", Metadata: numberedPairs(gen.MetadataMaxProperties + 1)}, []string{"Metadata has"}},
		"metadata key":       {FunctionWrite{Name: "f", Metadata: map[string]string{strings.Repeat("k", gen.MetadataMaxKeyLength+1): "v"}}, []string{"Metadata", strconv.Itoa(gen.MetadataMaxKeyLength)}},
		"metadata value":     {FunctionWrite{Name: "f", Metadata: map[string]string{"k": strings.Repeat("v", gen.MetadataMaxValueLength+1)}}, []string{"Metadata", strconv.Itoa(gen.MetadataMaxValueLength)}},
		"big metadata": {
			FunctionWrite{Name: "f", Metadata: bigMetadata(gen.MetadataMaxBytes + 1)},
			[]string{"Metadata", strconv.Itoa(gen.MetadataMaxBytes + 1), strconv.Itoa(gen.MetadataMaxBytes)},
		},
		"several fields": {FunctionWrite{EnvVars: map[string]string{"-": ""}, Metadata: numberedPairs(gen.MetadataMaxProperties + 1)}, []string{"Name has", "EnvVars has", "Metadata has"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, nil)
			_, err := c.Create(t.Context(), test.w, HandlerText(code))
			check(t, "the error has a field", errorAs[*ArgumentError](t, err).Field != "", true)
			checkKinds(t, err, ErrInvalid)
			checkMessage(t, err, test.want...)
		})
	}
}

// Create accepts fields of the largest allowed length.
func TestCreateAcceptsLargestFields(t *testing.T) {
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

// Create needs exactly one source of code.
func TestCreateSources(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		w      FunctionWrite
		source Source
		word   string // of the error
	}{
		"none":               {FunctionWrite{Name: "f"}, Source{}, "HandlerText"},
		"two file ids":       {FunctionWrite{Name: "f", FileID: 8}, FileID(7), "FileID"},
		"file id and text":   {FunctionWrite{Name: "f", FileID: 8}, HandlerText(code), "FileID"},
		"file id in a field": {FunctionWrite{Name: "f", FileID: 8}, Source{}, "FileID"},
		"file id 0":          {FunctionWrite{Name: "f"}, FileID(0), "file id 0"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newFakeClient(t, nil)
			_, err := c.Create(t.Context(), test.w, test.source)
			checkMessage(t, err, test.word)
			checkKinds(t, err, ErrInvalid)
		})
	}
}

// Create checks the code, except with WithoutValidation.
func TestCreateChecksCode(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	_, err := c.Create(t.Context(), FunctionWrite{Name: "f"}, HandlerText("x = 1\n"))
	checkKinds(t, err, ErrInvalid)
	check(t, "file", errorAs[*SourceError](t, err).File, "handler.py")
	c, f := newFakeClient(t, []responder{registeredAt(signed), stored(), fileWith(true), respond(201, oneFunction)})
	if _, err := c.Create(t.Context(), FunctionWrite{Name: "f"}, HandlerText("x = 1\n"), WithoutValidation()); err != nil {
		t.Fatal(err)
	}
	check(t, "the upload is a zip", bytes.HasPrefix([]byte(f.requests[1].Body), []byte("PK")), true)
}
