package functions

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// registeredAt is the answer to the registration of file 7, whose bytes are to go to address.
func registeredAt(address string) responder {
	return respond(201, fmt.Sprintf(`{"id":7,"name":"f.zip","mimeType":"application/zip","uploaded":false,"createdTime":1,"lastUpdatedTime":1,"uploadUrl":%q}`, address))
}

func fileWith(uploaded bool) responder {
	return respond(200, fmt.Sprintf(`{"items":[{"id":7,"name":"f.zip","uploaded":%v,"createdTime":1,"lastUpdatedTime":1}]}`, uploaded))
}

// stored is the answer of the store, which is no JSON.
func stored() responder { return respond(200, "", "Content-Type", "text/plain") }

// gone is the answer to a deletion.
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
	t.Run("until the service has noticed", func(t *testing.T) {
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
			check(t, "address", upload.URL, signed)
			check(t, "body", upload.Body, "content")
			check(t, "length", upload.Length, 7)
			check(t, "content type", upload.Header.Get("Content-Type"), "application/zip")
			check(t, "first look", f.requests[2].At, upload.At)
		})
	})
	t.Run("slowly", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			slow := func(req *http.Request) (*http.Response, error) {
				if err := sleep(req.Context(), 9*time.Minute); err != nil {
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
	t.Run("taken", func(t *testing.T) {
		t.Parallel()
		c, _ := newFakeClient(t, []responder{respond(409, `{"error":{"code":409,"message":"x","duplicated":[{"externalId":"x"}]}}`)})
		_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f", ExternalID: new("x")}, nil)
		checkKinds(t, err, ErrDuplicated)
	})
}

// The token goes to the API alone, whatever address the service gives for the bytes.
func TestSignedAddressesGetNoToken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ address, goesTo string }{
		"elsewhere":         {signed, signed},
		"the same host":     {"https://test.cognitedata.com/upload/" + plantedKey, "https://test.cognitedata.com/upload/" + plantedKey},
		"within the API":    {"https://test.cognitedata.com/api/v1/projects/demo/files/7", "https://test.cognitedata.com/api/v1/projects/demo/files/7"},
		"relative to root":  {"/upload/x?sig=1", "https://test.cognitedata.com/upload/x?sig=1"},
		"relative":          {"upload/x", "https://test.cognitedata.com/upload/x"},
		"loopback by http":  {"http://127.0.0.1:99/x", "http://127.0.0.1:99/x"},
		"scheme left to us": {"//store.example.com/x", "https://store.example.com/x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			links := respond(200, fmt.Sprintf(`{"items":[{"id":7,"downloadUrl":%q}]}`, test.address))
			c, f := newFakeClient(t, []responder{registeredAt(test.address), stored(), fileWith(true), links, respond(200, "content")})
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
					check(t, "address", s.URL, test.goesTo)
				}
				check(t, fmt.Sprintf("token of request %d", i), s.Header.Get("Authorization"), want)
			}
		})
	}
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ address, want string }{
		"in clear":   {"http://store.example.com/" + plantedKey, "functions: the address for the file http://store.example.com would send credentials in clear; use https (http is for loopback addresses)"},
		"unreadable": {"https://store.example.com:" + plantedKey + "/", "functions: the service gave an address for the file that cannot be read"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, f := newFakeClient(t, []responder{
				registeredAt(test.address), respond(200, "{}"), respond(200, fmt.Sprintf(`{"items":[{"downloadUrl":%q}]}`, test.address)),
			})
			_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f"}, nil)
			check(t, "upload", err.Error(), test.want)
			_, err = c.Files.Download(t.Context(), ID(7))
			check(t, "download", err.Error(), test.want)
			check(t, "second request", f.paths()[1], remove)
		})
	}
}

// A file whose bytes did not arrive serves nobody and is deleted again, unless it was there before.
func TestUploadThatFails(t *testing.T) {
	t.Parallel()
	refused := respond(403, "<Error>", "Content-Type", "application/xml", "Retry-After", "")
	const text = "functions: upload was refused with status 403: Forbidden, with an answer that is not of the API (application/xml)"
	tests := map[string]struct {
		opts   []UploadOption
		script []responder
		paths  []string
		want   string
	}{
		"deleted":  {nil, []responder{registeredAt(signed), refused, gone()}, []string{register, put, remove}, text},
		"replaced": {[]UploadOption{WithOverwrite()}, []responder{registeredAt(signed), refused}, []string{register, put}, text},
		"left behind": {
			nil,
			[]responder{registeredAt(signed), refused, errorResponse(403, "no")},
			[]string{register, put, remove},
			text + "; the uploaded file with id 7 is left behind; delete it: deleteFiles was refused with status 403: no; ask for the capability filesAcl:WRITE",
		},
		"repeated": {nil, []responder{registeredAt(signed), connectionReset(), errorResponse(503, "busy"), truncated(200, "ok"), stored(), fileWith(true)}, []string{register, put, put, put, put, fileByIDs}, ""},
		"cannot be read back": {
			nil,
			[]responder{registeredAt(signed), stored(), errorResponse(403, "no"), gone()},
			[]string{register, put, fileByIDs, remove},
			"functions: byIdsFiles was refused with status 403: no; ask for the capability filesAcl:READ",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, f := newFakeClient(t, test.script)
				_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f", ExternalID: new("x")}, []byte("content"), test.opts...)
				if test.want != "" {
					check(t, "error", fmt.Sprint(err), test.want)
				} else if err != nil {
					t.Error(err)
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
	t.Run("never noticed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			script := append([]responder{registeredAt(signed), stored(), fileWith(false)}, times(2, fileWith(false))...)
			c, _ := newFakeClient(t, append(script, gone()), WithPoll(ConstantPoll(50*time.Second)))
			_, err := c.Files.Upload(t.Context(), FileWrite{Name: "f"}, nil)
			check(t, "waited", time.Since(start), uploadWait)
			check(t, "text", err.Error(), "functions: stopped waiting for the upload of the file with id 7: the service has not noticed the bytes within 2m0s (context deadline exceeded)")
		})
	})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	unknown := respond(400, `{"error":{"code":400,"message":"x","missing":[{"id":7}]}}`)
	c, f := newFakeClient(t, []responder{
		fileWith(true), respond(200, "{}"), respond(200, `{"items":[]}`), unknown, unknown, respond(200, `{"items":[{}]}`), unknown,
		respond(200, `{"items":[{"downloadUrl":"`+signed+`"}]}`), errorResponse(403, "expired"),
	})
	file, err := c.Files.Retrieve(t.Context(), ExternalID("x"))
	if err != nil || file.ID != 7 {
		t.Fatalf("got %v, %v", file, err)
	}
	check(t, "body", f.requests[0].Body, `{"items":[{"externalId":"x"}]}`)
	if err := c.Files.Delete(t.Context(), []Identifier{ExternalID("x")}); err != nil {
		t.Fatal(err)
	}
	check(t, "body", f.requests[1].Body, `{"items":[{"externalId":"x"}]}`)
	for range 2 {
		_, err = c.Files.Retrieve(t.Context(), ID(7))
		checkKinds(t, err, ErrNotFound)
	}
	checkKinds(t, c.Files.Delete(t.Context(), []Identifier{ID(7)}), ErrNotFound)
	_, err = c.Files.Download(t.Context(), ID(7))
	check(t, "text", err.Error(), "functions: downloadLinks got no usable answer: status 200, but items[0].downloadUrl is missing")
	_, err = c.Files.Download(t.Context(), ID(7))
	checkKinds(t, err, ErrNotFound)
	_, err = c.Files.Download(t.Context(), ID(7))
	api := errorAs[*APIError](t, err)
	check(t, "path of a signed address", api.Path, "")
	check(t, "operation", api.Operation, "download")
}

func TestDownloadIsBoundedAndRepeated(t *testing.T) {
	t.Parallel()
	link := respond(200, `{"items":[{"downloadUrl":"`+signed+`"}]}`)
	t.Run("repeated", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{link, truncated(200, "content"), fails(io.EOF), respond(200, "content")})
			got, err := c.Files.Download(t.Context(), ID(7))
			check(t, "content", string(got), "content")
			check(t, "error", err, nil)
		})
	})
	t.Run("too long", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newFakeClient(t, []responder{link, respond(200, strings.Repeat("x", 201))}, WithMaxResponseBytes(200))
			_, err := c.Files.Download(t.Context(), ID(7))
			check(t, "operation", errorAs[*RequestError](t, err).Operation, "download")
			check(t, "unavailable", errors.Is(err, ErrUnavailable), false)
		})
	})
}
