package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/cogfn/cogfn/tests/contract/exchange"
	"github.com/cogfn/cogfn/tests/contract/scenario"
)

// target is where the scenario is carried out and recorded.
type target struct {
	options  scenario.Options
	redactor *redactor
	// dir is the folder of all recordings; the cassettes go into the one that the header's provenance names.
	dir    string
	header exchange.Header
	// transport sends the requests.
	transport http.RoundTripper
}

// record carries the scenario out and writes one cassette for each of its sections. A section that fails is not written.
func (t *target) record(ctx context.Context, messages io.Writer) error {
	t.options.Transport = t.section
	t.options.Plain = t.transport
	if err := scenario.Run(ctx, t.options); err != nil {
		return err
	}
	fmt.Fprintf(messages, "recorded into %s; read it, then run make coverage-docs and make contract\n",
		filepath.Join(t.dir, string(t.header.Provenance)))
	return nil
}

func (t *target) section(section scenario.Section) (http.RoundTripper, func() error, error) {
	header := t.header
	header.Refused = section.Refused
	base := filepath.Join(t.dir, string(header.Provenance), section.Name)
	rec, err := recorder.New(base, recorder.WithMode(recorder.ModeRecordOnly), recorder.WithRealTransport(t.transport),
		recorder.WithSkipRequestLatency(true), recorder.WithHook(t.redactor.redact, recorder.BeforeSaveHook),
		recorder.WithPassthrough(t.undescribed), recorder.WithFS(headed{cassette.NewDiskFS(), header}))
	if err != nil {
		return nil, nil, err
	}
	return rec, rec.Stop, nil
}

// undescribed says whether a request is none to the API: one for a token, or one that carries a file.
func (t *target) undescribed(req *http.Request) bool {
	api := t.redactor.base.Path + "/api/v1/projects/" + t.redactor.project + "/"
	return req.URL.Host != t.redactor.base.Host || !strings.HasPrefix(req.URL.Path, api) || req.Method == http.MethodPut
}

// headed writes cassettes with a header that says where they come from.
type headed struct {
	cassette.FS

	header exchange.Header
}

// WriteFile writes a cassette below its header.
func (h headed) WriteFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // recordings are made to be read
		return fmt.Errorf("cannot make the folder for the recording: %w", err)
	}
	return os.WriteFile(name, append([]byte(h.header.String()), data...), 0o644) //nolint:gosec // as above
}
