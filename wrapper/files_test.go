package functions

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

// registeredAt is the response to the registration of file 7, with its upload URL.
func registeredAt(uploadURL string) responder {
	return respond(201, fmt.Sprintf(`{"id":7,"name":"f.zip","mimeType":"application/zip","uploaded":false,"createdTime":1,"lastUpdatedTime":1,"uploadUrl":%q}`, uploadURL))
}

// fileWith is the response to reading file 7.
func fileWith(uploaded bool) responder {
	return respond(200, fmt.Sprintf(`{"items":[{"id":7,"name":"f.zip","uploaded":%v,"createdTime":1,"lastUpdatedTime":1}]}`, uploaded))
}

// stored is the response to an upload. It is not JSON.
func stored() responder { return respond(200, "", "Content-Type", "text/plain") }

// gone is the response to a deletion.
func gone() responder { return respond(200, "{}") }

const (
	signed    = "https://store.example.com/files/7?sig=" + plantedKey
	register  = "POST /files"
	fileByIDs = "POST /files/byids"
	remove    = "POST /files/delete"
	put       = "PUT /files/7"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	t.Run("waits until the service has received the content", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, f := newFakeClient(t, []responder{registeredAt(signed), stored(), fileWith(false), fileWith(false), fileWith(false), fileWith(true)})
			got, err := c.Files.Upload(t.Context(), FileWrite{Name: "f.zip", MimeType: new("application/zip")}, []byte("content"))
			if err != nil || !got.Uploaded {
				t.Fatalf("got %v, %v", got, err)
			}
			if diff := cmp.Diff([]string{register, put, fileByIDs, fileByIDs, fileByIDs, fileByIDs}, f.paths()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			upload := f.requests[1]
			check(t, "URL", upload.URL, signed)
			check(t, "body", upload.Body, "content")
			check(t, "length", upload.Length, 7)
			check(t, "content type", upload.Header.Get("Content-Type"), "application/zip")
			check(t, "time of the first poll", f.requests[2].At, upload.At)
		})
	})
	t.Run("takes longer than the attempt timeout", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			slow := func(req *http.Request) (*http.Response, error) {
				if err := ctxwait.Sleep(req.Context(), 9*time.Minute); err != nil {
					return nil, err
				}
				return stored()(req)
			}
			c, _ := newFakeClient(t, []responder{registeredAt(signed), slow, fileWith(true)}, WithAttemptTimeout(time.Second))
			if _, err := c.Files.Upload(t.Context(), FileWrite{Name: "f"}, nil); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("overwrite", func(t *testing.T) {
		t.Parallel()
		c, f := newFakeClient(t, []responder{registeredAt(signed), stored(), fileWith(true)})
		if _, err := c.Files.Upload(t.Context(), FileWrite{Name: "f", ExternalID: new("x")}, nil, WithOverwrite()); err != nil {
			t.Fatal(err)
		}
		check(t, "query", strings.HasSuffix(f.requests[0].URL, "/files?overwrite=true"), true)
	})
	t.Run("external id exists", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{respond(409, `{"error":{"code":409,"message":"x","duplicated":[{"externalId":"x"}]}}`)})
		_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f", ExternalID: new("x")}, nil)
		checkKinds(t, err, ErrDuplicated)
	})
}

// The client sends its token to the API only, whatever URL the service returns for the content.
func TestSignedURLsGetNoToken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ signedURL, want string }{
		"another host":     {signed, signed},
		"the same host":    {"https://test.cognitedata.com/upload/" + plantedKey, "https://test.cognitedata.com/upload/" + plantedKey},
		"within the API":   {"https://test.cognitedata.com/api/v1/projects/demo/files/7", "https://test.cognitedata.com/api/v1/projects/demo/files/7"},
		"relative to root": {"/upload/x?sig=1", "https://test.cognitedata.com/upload/x?sig=1"},
		"relative":         {"upload/x", "https://test.cognitedata.com/upload/x"},
		"loopback by http": {"http://127.0.0.1:99/x", "http://127.0.0.1:99/x"},
		"without a scheme": {"//store.example.com/x", "https://store.example.com/x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			links := respond(200, fmt.Sprintf(`{"items":[{"id":7,"downloadUrl":%q}]}`, test.signedURL))
			c, f := newFakeClient(t, []responder{registeredAt(test.signedURL), stored(), fileWith(true), links, respond(200, "content")})
			if _, err := c.Files.Upload(t.Context(), FileWrite{Name: "f"}, []byte("x")); err != nil {
				t.Fatal(err)
			}
			content, err := c.Files.Download(t.Context(), ID(7))
			if err != nil {
				t.Fatal(err)
			}
			check(t, "content", string(content), "content")
			for i, s := range f.requests {
				want := "Bearer " + plantedToken
				if i == 1 || i == 4 {
					want = ""
					check(t, "URL", s.URL, test.want)
				}
				check(t, fmt.Sprintf("token of request %d", i), s.Header.Get("Authorization"), want)
			}
		})
	}
}

func TestInvalidSignedURLs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ signedURL, want string }{
		"http":    {"http://store.example.com/" + plantedKey, "unencrypted"},
		"invalid": {"https://store.example.com:" + plantedKey + "/", "invalid URL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, []responder{
				registeredAt(test.signedURL), respond(200, "{}"), respond(200, fmt.Sprintf(`{"items":[{"downloadUrl":%q}]}`, test.signedURL)),
			})
			_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f"}, nil)
			checkMessage(t, err, test.want)
			_, err = c.Files.Download(t.Context(), ID(7))
			checkMessage(t, err, test.want)
			check(t, "second request", f.paths()[1], remove)
		})
	}
}

// Upload deletes a file whose content the service did not receive, unless the file existed before.
func TestUploadFails(t *testing.T) {
	t.Parallel()
	rejected := respond(403, "<Error>", "Content-Type", "application/xml", "Retry-After", "")
	tests := map[string]struct {
		opts      []UploadOption
		script    []responder
		paths     []string
		operation string   // of the *APIError, "" if the upload succeeds
		words     []string // of the error
		remains   bool     // the registered file remains and is not used
	}{
		"file is deleted":     {nil, []responder{registeredAt(signed), rejected, gone()}, []string{register, put, remove}, "upload", []string{"application/xml"}, false},
		"file existed before": {[]UploadOption{WithOverwrite()}, []responder{registeredAt(signed), rejected}, []string{register, put}, "upload", []string{"application/xml"}, false},
		"file cannot be deleted": {
			nil,
			[]responder{registeredAt(signed), rejected, errorResponse(403, "no")},
			[]string{register, put, remove},
			"upload",
			[]string{"application/xml", "file with id 7 remains", "filesAcl:WRITE"},
			true,
		},
		"upload is retried": {nil, []responder{registeredAt(signed), connectionReset(), errorResponse(503, "busy"), truncated(200, "ok"), stored(), fileWith(true)}, []string{register, put, put, put, put, fileByIDs}, "", nil, false},
		"file cannot be retrieved": {
			nil,
			[]responder{registeredAt(signed), stored(), errorResponse(403, "no"), gone()},
			[]string{register, put, fileByIDs, remove},
			"byIdsFiles",
			[]string{"file with id 7", "filesAcl:READ"},
			false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, test.script)
				_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f", ExternalID: new("x")}, []byte("content"), test.opts...)
				if test.operation == "" {
					check(t, "error", err, nil)
				} else {
					check(t, "operation", errorAs[*APIError](t, err).Operation, test.operation)
					checkKinds(t, err, ErrForbidden)
					checkMessage(t, err, test.words...)
					check(t, "names the remaining file", strings.Contains(err.Error(), "remains"), test.remains)
				}
				if diff := cmp.Diff(test.paths, f.paths()); diff != "" {
					t.Errorf("requests (-want +got):\n%s", diff)
				}
				for _, s := range f.requests {
					if s.Method == http.MethodPut {
						check(t, "body", s.Body, "content")
					}
				}
			})
		})
	}
}

func TestUploadIsNotReceived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		script := append([]responder{registeredAt(signed), stored()}, times(3, fileWith(false))...)
		c, _ := newFakeClient(t, append(script, gone()), WithPoll(ConstantPoll(50*time.Second)))
		_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f"}, nil)
		check(t, "waited", time.Since(start), uploadWait)
		check(t, "deadline", errors.Is(err, context.DeadlineExceeded), true)
		checkMessage(t, err, "file with id 7", "has not received the content")
	})
}

// unknownFile is the response to the id of a file that does not exist.
func unknownFile() responder {
	return respond(400, `{"error":{"code":400,"message":"x","missing":[{"id":7}]}}`)
}

func TestRetrieveFile(t *testing.T) {
	t.Parallel()
	c, f := newFakeClient(t, []responder{fileWith(true), noFiles(), unknownFile()})
	file, err := c.Files.Retrieve(t.Context(), ExternalID("x"))
	if err != nil || file.ID != 7 {
		t.Fatalf("got %v, %v", file, err)
	}
	check(t, "body", f.requests[0].Body, `{"items":[{"externalId":"x"}]}`)
	for range 2 {
		_, err = c.Files.Retrieve(t.Context(), ID(7))
		checkKinds(t, err, ErrNotFound)
		checkMessage(t, err, "file with id 7")
	}
}

func noFiles() responder { return respond(200, `{"items":[]}`) }

func TestDeleteFiles(t *testing.T) {
	t.Parallel()
	many := make([]Identifier, 1_001)
	for i := range many {
		many[i] = ID(int64(i + 1))
	}
	tests := map[string]struct {
		ids    []Identifier
		opts   []IDsOption
		script []responder
		want   []string // the bodies of the requests, or their last part
		kinds  []error  // of the error, nil for none
		word   string   // of the error
	}{
		"one":            {[]Identifier{ExternalID("x")}, nil, []responder{gone()}, []string{`{"items":[{"externalId":"x"}]}`}, nil, ""},
		"several":        {[]Identifier{ID(7), ExternalID("x")}, nil, []responder{gone()}, []string{`{"items":[{"id":7},{"externalId":"x"}]}`}, nil, ""},
		"none":           {nil, nil, nil, nil, nil, ""},
		"unknown":        {[]Identifier{ID(7)}, nil, []responder{unknownFile()}, []string{`{"items":[{"id":7}]}`}, []error{ErrNotFound}, "file with id 7"},
		"unknown of two": {[]Identifier{ID(7), ID(8)}, nil, []responder{unknownFile()}, []string{`{"items":[{"id":7},{"id":8}]}`}, []error{ErrNotFound}, "2 files"},
		"IgnoreUnknown": {
			[]Identifier{ID(7), ExternalID("x")},
			[]IDsOption{IgnoreUnknown()},
			[]responder{gone()},
			[]string{`{"ignoreUnknownIds":true,"items":[{"id":7},{"externalId":"x"}]}`},
			nil, "",
		},
		"IgnoreUnknown and another error": {
			[]Identifier{ID(7)},
			[]IDsOption{IgnoreUnknown()},
			[]responder{errorResponse(403, "no")},
			[]string{`{"ignoreUnknownIds":true,"items":[{"id":7}]}`},
			[]error{ErrForbidden},
			"file with id 7",
		},
		"more than one request": {many, nil, []responder{gone(), gone()}, []string{`,{"id":1000}]}`, `{"items":[{"id":1001}]}`}, nil, ""},
		"second request fails":  {many, nil, []responder{gone(), errorResponse(403, "no")}, []string{`,{"id":1000}]}`, `{"items":[{"id":1001}]}`}, []error{ErrForbidden}, "1001 files"},
		"empty identifier":      {[]Identifier{ID(7), {}}, nil, nil, nil, []error{ErrInvalid}, "identifier is empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, test.script)
			err := c.Files.Delete(t.Context(), test.ids, test.opts...)
			if test.kinds == nil {
				check(t, "error", err, nil)
			} else {
				checkKinds(t, err, test.kinds...)
				checkMessage(t, err, test.word)
			}
			check(t, "requests", len(f.requests), len(test.want))
			for i, want := range test.want[:min(len(test.want), len(f.requests))] {
				check(t, "path", f.paths()[i], remove)
				if got := f.requests[i].Body; !strings.HasSuffix(got, want) {
					t.Errorf("body of request %d = %s, want the end %s", i+1, got, want)
				}
			}
		})
	}
}

func TestDownloadFails(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, []responder{
		respond(200, `{"items":[{}]}`), unknownFile(), respond(200, `{"items":[{"downloadUrl":"`+signed+`"}]}`), errorResponse(403, "expired"),
	})
	_, err := c.Files.Download(t.Context(), ID(7))
	check(t, "operation", errorAs[*RequestError](t, err).Operation, "downloadLinks")
	checkMessage(t, err, "items[0].downloadUrl is missing")
	_, err = c.Files.Download(t.Context(), ID(7))
	checkKinds(t, err, ErrNotFound)
	_, err = c.Files.Download(t.Context(), ID(7))
	api := errorAs[*APIError](t, err)
	check(t, "path of a signed URL", api.Path, "")
	check(t, "operation", api.Operation, "download")
}

func TestDownload(t *testing.T) {
	t.Parallel()
	link := respond(200, `{"items":[{"downloadUrl":"`+signed+`"}]}`)
	t.Run("retries", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{link, truncated(200, "content"), fails(io.EOF), respond(200, "content")})
			got, err := c.Files.Download(t.Context(), ID(7))
			check(t, "content", string(got), "content")
			check(t, "error", err, nil)
		})
	})
	t.Run("content is larger than the limit", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{link, respond(200, strings.Repeat("x", 201))}, WithMaxResponseBytes(200))
			_, err := c.Files.Download(t.Context(), ID(7))
			check(t, "operation", errorAs[*RequestError](t, err).Operation, "download")
			check(t, "unavailable", errors.Is(err, ErrUnavailable), false)
		})
	})
}
