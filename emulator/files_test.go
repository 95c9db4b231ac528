package emulator_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/emulator"
	"github.com/cogfn/cogfn/gen"
)

// initialized registers a file.
func (h *harness) initialized(overwrite bool, write gen.FileWrite) *gen.FileUpload {
	h.t.Helper()
	answer, err := h.InitFileUpload(h.t.Context(), &gen.InitFileUploadParams{Overwrite: &overwrite}, write)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer
}

// metadata returns a file as it is now.
func (h *harness) metadata(id int64) *gen.FileMetadata {
	h.t.Helper()
	answer, err := h.GetFileByInternalID(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer
}

// download returns a file's content by a fresh link.
func (h *harness) download(id int64) string {
	h.t.Helper()
	_, text := h.raw(http.MethodPost, "/files/downloadlink?extendedExpiration=true", fmt.Sprintf(`{"items":[{"id":%d}]}`, id))
	_, url, _ := strings.Cut(text, `"downloadUrl":"`)
	url, _, _ = strings.Cut(url, `"`)
	response, content := h.send(http.MethodGet, url, "", http.Header{})
	if response.StatusCode != http.StatusOK {
		h.t.Fatalf("download answers %d %s", response.StatusCode, content)
	}
	return content
}

func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	write := gen.FileWrite{
		Name: "a.zip", ExternalID: new("file-a"), Directory: new("/d"), Source: new("s"), MimeType: new("application/zip"),
		Metadata: gen.FileMetadataPairs{"k": "v"}, AssetIDs: gen.AssetIDs{1}, DataSetID: new(int64(2)), Labels: gen.Labels{{ExternalID: "l"}},
		SourceCreatedTime: new(int64(3)), SourceModifiedTime: new(int64(4)), SecurityCategories: gen.SecurityCategories{5},
	}
	file := h.initialized(false, write)
	if file.Uploaded || file.UploadedTime != nil || !strings.HasPrefix(file.UploadURL, h.URL()) {
		t.Errorf("a new file is %+v", file)
	}
	h.put(file.UploadURL, []byte("first"))
	want := &gen.FileMetadata{
		ID: file.ID, CreatedTime: file.CreatedTime, Uploaded: true, Name: write.Name, ExternalID: write.ExternalID,
		Directory: write.Directory, Source: write.Source, MimeType: write.MimeType, Metadata: write.Metadata,
		AssetIDs: write.AssetIDs, DataSetID: write.DataSetID, Labels: write.Labels, SourceCreatedTime: write.SourceCreatedTime,
		SourceModifiedTime: write.SourceModifiedTime, SecurityCategories: write.SecurityCategories,
	}
	found := h.metadata(file.ID)
	want.UploadedTime, want.LastUpdatedTime = found.UploadedTime, found.LastUpdatedTime
	if diff := cmp.Diff(want, found); diff != "" || found.UploadedTime == nil {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if content := h.download(file.ID); content != "first" {
		t.Errorf("content %q", content)
	}
	again := h.initialized(true, gen.FileWrite{Name: "b.zip", ExternalID: new("file-a")})
	if again.ID != file.ID || again.Uploaded || again.Metadata != nil {
		t.Errorf("an overwritten file is %+v, want the id %d and no old metadata", again, file.ID)
	}
	if content := h.download(file.ID); content != "first" {
		t.Errorf("content %q while it is being overwritten, want the old one", content)
	}
	h.put(again.UploadURL, []byte("second"))
	if content := h.download(file.ID); content != "second" {
		t.Errorf("content %q after overwriting", content)
	}
}

func TestUploadInChunks(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	file := h.initialized(false, gen.FileWrite{Name: "a"})
	content := strings.Repeat("0123456789", 10_000)
	body := io.MultiReader(strings.NewReader(content), bytes.NewReader(nil)) // of unknown length
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, file.UploadURL, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := h.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if found := h.download(file.ID); found != content {
		t.Errorf("%d bytes arrived, want %d", len(found), len(content))
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{Limits: emulator.Limits{FileBytes: 10}})
	file := h.initialized(false, gen.FileWrite{Name: "a", ExternalID: new("taken")})
	h.refused(http.MethodPost, "/files", `{"name":"b","externalId":"taken"}`,
		refusal{Status: 409, Message: "overwrite=true", Duplicated: []map[string]any{{"externalId": "taken"}}})
	h.refused(http.MethodPost, "/files", `{"name":"a/b"}`, refusal{Status: 400, Message: "no slash"})
	h.refused(http.MethodPost, "/files", `{"name":"a","id":1}`, refusal{Status: 400, Message: "{'id': ['Unknown field.']}"})
	h.refused(http.MethodPost, "/files/downloadlink", fmt.Sprintf(`{"items":[{"id":%d}]}`, file.ID), refusal{Status: 400, Message: "not uploaded yet"})
	for name, tt := range map[string]struct {
		url, content string
		status       int
	}{
		"wrong key":         {file.UploadURL + "x", "a", http.StatusForbidden},
		"key of other file": {strings.Replace(file.UploadURL, strconv.FormatInt(file.ID, 10), "17", 1), "a", http.StatusForbidden},
		"too large":         {file.UploadURL, "01234567890", http.StatusRequestEntityTooLarge},
	} {
		if response, text := h.send(http.MethodPut, tt.url, tt.content, http.Header{}); response.StatusCode != tt.status {
			t.Errorf("%s: status %d %s, want %d", name, response.StatusCode, text, tt.status)
		}
	}
	if response, _ := h.send(http.MethodGet, file.UploadURL, "", http.Header{}); response.StatusCode != http.StatusForbidden {
		t.Errorf("reading by the upload URL answers %d", response.StatusCode)
	}
	if h.metadata(file.ID).Uploaded {
		t.Error("a refused upload counts as uploaded")
	}
	h.put(file.UploadURL, []byte("0123456789"))
}

func TestRetrieveAndDeleteFiles(t *testing.T) {
	t.Parallel()
	h := run(t, emulator.Options{})
	a := h.initialized(false, gen.FileWrite{Name: "a", ExternalID: new("ext-a")})
	b := h.initialized(false, gen.FileWrite{Name: "b"})
	mixed := fmt.Sprintf(`{"items":[{"id":%d},{"externalId":"ext-a"},{"instanceId":{"space":"s","externalId":"e"}}]`, b.ID)
	instance := map[string]any{"instanceId": map[string]any{"space": "s", "externalId": "e"}}
	h.refused(http.MethodPost, "/files/byids", mixed+"}", refusal{Status: 400, Message: "file not found", Missing: []map[string]any{instance}})
	if _, text := h.raw(http.MethodPost, "/files/byids", mixed+`,"ignoreUnknownIds":true}`); strings.Index(text, `"name":"b"`) > strings.Index(text, `"name":"a"`) {
		t.Errorf("byids answers %s, want b before a", text)
	}
	h.refused(http.MethodPost, "/files/delete", `{"items":[{"externalId":"nobody"},{"externalId":"ext-a"}]}`,
		refusal{Status: 400, Message: "file not found", Missing: []map[string]any{{"externalId": "nobody"}}})
	if found := h.metadata(a.ID); found.Name != "a" {
		t.Error("a refused delete deleted something")
	}
	if _, text := h.raw(http.MethodPost, "/files/delete", `{"items":[{"externalId":"nobody"},{"externalId":"ext-a"}],"ignoreUnknownIds":true}`); strings.TrimSpace(text) != "{}" {
		t.Errorf("delete answers %s", text)
	}
	h.refused(http.MethodGet, fmt.Sprintf("/files/%d", a.ID), "", refusal{Status: 400, Message: "file not found", Missing: []map[string]any{{"id": float64(a.ID)}}})
	if response, _ := h.send(http.MethodPut, a.UploadURL, "late", http.Header{}); response.StatusCode != http.StatusNotFound {
		t.Errorf("an upload to a deleted file answers %d", response.StatusCode)
	}
}
