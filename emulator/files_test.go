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

// initUpload creates a file without content.
func (c *testClient) initUpload(overwrite bool, write gen.FileWrite) *gen.FileUpload {
	c.t.Helper()
	file, err := c.InitFileUpload(c.t.Context(), &gen.InitFileUploadParams{Overwrite: &overwrite}, write)
	if err != nil {
		c.t.Fatal(err)
	}
	return file
}

// fileMetadata returns the metadata of a file.
func (c *testClient) fileMetadata(id int64) *gen.FileMetadata {
	c.t.Helper()
	file, err := c.GetFileByInternalID(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return file
}

// download returns the content of a file.
func (c *testClient) download(id int64) string {
	c.t.Helper()
	_, links := c.request(http.MethodPost, "/files/downloadlink?extendedExpiration=true", fmt.Sprintf(`{"items":[{"id":%d}]}`, id))
	_, url, _ := strings.Cut(links, `"downloadUrl":"`)
	url, _, _ = strings.Cut(url, `"`)
	response, content := c.send(http.MethodGet, url, "", http.Header{})
	if response.StatusCode != http.StatusOK {
		c.t.Fatalf("download: status %d %s", response.StatusCode, content)
	}
	return content
}

func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	write := gen.FileWrite{
		Name: "a.zip", ExternalID: new("file-a"), Directory: new("/d"), Source: new("s"), MimeType: new("application/zip"),
		Metadata: gen.FileMetadataPairs{"k": "v"}, AssetIDs: gen.AssetIDs{1}, DataSetID: new(int64(2)), Labels: gen.Labels{{ExternalID: "l"}},
		SourceCreatedTime: new(int64(3)), SourceModifiedTime: new(int64(4)), SecurityCategories: gen.SecurityCategories{5},
	}
	file := c.initUpload(false, write)
	if file.Uploaded || file.UploadedTime != nil || !strings.HasPrefix(file.UploadURL, c.URL()) {
		t.Errorf("new file: %+v", file)
	}
	c.put(file.UploadURL, []byte("first"))
	want := &gen.FileMetadata{
		ID: file.ID, CreatedTime: file.CreatedTime, Uploaded: true, Name: write.Name, ExternalID: write.ExternalID,
		Directory: write.Directory, Source: write.Source, MimeType: write.MimeType, Metadata: write.Metadata,
		AssetIDs: write.AssetIDs, DataSetID: write.DataSetID, Labels: write.Labels, SourceCreatedTime: write.SourceCreatedTime,
		SourceModifiedTime: write.SourceModifiedTime, SecurityCategories: write.SecurityCategories,
	}
	found := c.fileMetadata(file.ID)
	want.UploadedTime, want.LastUpdatedTime = found.UploadedTime, found.LastUpdatedTime
	if diff := cmp.Diff(want, found); diff != "" || found.UploadedTime == nil {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if content := c.download(file.ID); content != "first" {
		t.Errorf("content %q, want first", content)
	}
	overwritten := c.initUpload(true, gen.FileWrite{Name: "b.zip", ExternalID: new("file-a")})
	if overwritten.ID != file.ID || overwritten.Uploaded || overwritten.Metadata != nil {
		t.Errorf("overwritten file: %+v, want the id %d and no old metadata", overwritten, file.ID)
	}
	if content := c.download(file.ID); content != "first" {
		t.Errorf("content %q before the upload, want first", content)
	}
	c.put(overwritten.UploadURL, []byte("second"))
	if content := c.download(file.ID); content != "second" {
		t.Errorf("content %q after the upload, want second", content)
	}
}

func TestUploadInChunks(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	file := c.initUpload(false, gen.FileWrite{Name: "a"})
	content := strings.Repeat("0123456789", 10_000)
	body := io.MultiReader(strings.NewReader(content), bytes.NewReader(nil)) // hides the length
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, file.UploadURL, body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if found := c.download(file.ID); found != content {
		t.Errorf("content has %d bytes, want %d", len(found), len(content))
	}
}

func TestInvalidFiles(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{Limits: emulator.Limits{FileBytes: 10}})
	file := c.initUpload(false, gen.FileWrite{Name: "a", ExternalID: new("taken")})
	c.wantError(http.MethodPost, "/files", `{"name":"b","externalId":"taken"}`,
		errorResponse{Status: 409, Message: "overwrite=true", Duplicated: []map[string]any{{"externalId": "taken"}}})
	c.wantError(http.MethodPost, "/files", `{"name":"a/b"}`, errorResponse{Status: 400, Message: "no slash"})
	c.wantError(http.MethodPost, "/files", `{"name":"a","id":1}`, errorResponse{Status: 400, Message: "{'id': ['Unknown field.']}"})
	c.wantError(http.MethodPost, "/files/downloadlink", fmt.Sprintf(`{"items":[{"id":%d}]}`, file.ID), errorResponse{Status: 400, Message: "not uploaded yet"})
	for name, tt := range map[string]struct {
		url, content string
		status       int
	}{
		"wrong signature": {file.UploadURL + "x", "a", http.StatusForbidden},
		"other file":      {strings.Replace(file.UploadURL, strconv.FormatInt(file.ID, 10), "17", 1), "a", http.StatusForbidden},
		"too large":       {file.UploadURL, "01234567890", http.StatusRequestEntityTooLarge},
	} {
		if response, body := c.send(http.MethodPut, tt.url, tt.content, http.Header{}); response.StatusCode != tt.status {
			t.Errorf("%s: status %d %s, want %d", name, response.StatusCode, body, tt.status)
		}
	}
	if response, _ := c.send(http.MethodGet, file.UploadURL, "", http.Header{}); response.StatusCode != http.StatusForbidden {
		t.Errorf("GET of the upload URL: status %d, want 403", response.StatusCode)
	}
	if c.fileMetadata(file.ID).Uploaded {
		t.Error("the file is uploaded after rejected uploads")
	}
	c.put(file.UploadURL, []byte("0123456789"))
}

func TestRetrieveAndDeleteFiles(t *testing.T) {
	t.Parallel()
	c := run(t, emulator.Options{})
	a := c.initUpload(false, gen.FileWrite{Name: "a", ExternalID: new("ext-a")})
	b := c.initUpload(false, gen.FileWrite{Name: "b"})
	mixed := fmt.Sprintf(`{"items":[{"id":%d},{"externalId":"ext-a"},{"instanceId":{"space":"s","externalId":"e"}}]`, b.ID)
	instance := map[string]any{"instanceId": map[string]any{"space": "s", "externalId": "e"}}
	c.wantError(http.MethodPost, "/files/byids", mixed+"}", errorResponse{Status: 400, Message: "file not found", Missing: []map[string]any{instance}})
	if _, body := c.request(http.MethodPost, "/files/byids", mixed+`,"ignoreUnknownIds":true}`); strings.Index(body, `"name":"b"`) > strings.Index(body, `"name":"a"`) {
		t.Errorf("byids: %s, want b before a", body)
	}
	c.wantError(http.MethodPost, "/files/delete", `{"items":[{"externalId":"unknown"},{"externalId":"ext-a"}]}`,
		errorResponse{Status: 400, Message: "file not found", Missing: []map[string]any{{"externalId": "unknown"}}})
	if found := c.fileMetadata(a.ID); found.Name != "a" {
		t.Error("a rejected delete request deleted a file")
	}
	if _, body := c.request(http.MethodPost, "/files/delete", `{"items":[{"externalId":"unknown"},{"externalId":"ext-a"}],"ignoreUnknownIds":true}`); strings.TrimSpace(body) != "{}" {
		t.Errorf("delete: %s, want {}", body)
	}
	c.wantError(http.MethodGet, fmt.Sprintf("/files/%d", a.ID), "", errorResponse{Status: 400, Message: "file not found", Missing: []map[string]any{{"id": float64(a.ID)}}})
	if response, _ := c.send(http.MethodPut, a.UploadURL, "late", http.Header{}); response.StatusCode != http.StatusNotFound {
		t.Errorf("upload to a deleted file: status %d, want 404", response.StatusCode)
	}
}
