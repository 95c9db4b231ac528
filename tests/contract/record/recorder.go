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

// target is a project to record.
type target struct {
	options  scenario.Options
	redactor *redactor
	// dir is the directory of recordings. The cassettes are in the subdirectory with the name of the provenance.
	dir    string
	header exchange.Header
	// transport sends the requests.
	transport http.RoundTripper
}

// record runs the scenario and writes a cassette for each section that succeeds.
func (t *target) record(ctx context.Context, messages io.Writer) error {
	t.options.Transport = t.section
	t.options.Plain = t.transport
	if err := scenario.Run(ctx, t.options); err != nil {
		return err
	}
	fmt.Fprintf(messages, "recorded in %s; review it, then run make coverage-docs and make contract\n",
		filepath.Join(t.dir, string(t.header.Provenance)))
	return nil
}

func (t *target) section(section scenario.Section) (http.RoundTripper, func() error, error) {
	header := t.header
	header.Rejected = section.Rejected
	base := filepath.Join(t.dir, string(header.Provenance), section.Name)
	rec, err := recorder.New(base, recorder.WithMode(recorder.ModeRecordOnly), recorder.WithRealTransport(t.transport),
		recorder.WithSkipRequestLatency(true), recorder.WithHook(t.redactor.redact, recorder.BeforeSaveHook),
		recorder.WithPassthrough(t.passThrough), recorder.WithFS(headerFS{cassette.NewDiskFS(), header}))
	if err != nil {
		return nil, nil, err
	}
	return rec, rec.Stop, nil
}

// passThrough reports whether a request is not recorded because it is not part of the API: token requests and uploads.
func (t *target) passThrough(req *http.Request) bool {
	api := t.redactor.base.Path + "/api/v1/projects/" + t.redactor.project + "/"
	return req.URL.Host != t.redactor.base.Host || !strings.HasPrefix(req.URL.Path, api) || req.Method == http.MethodPut
}

// headerFS writes cassettes with a header.
type headerFS struct {
	cassette.FS

	header exchange.Header
}

// WriteFile writes the header and the cassette.
func (h headerFS) WriteFile(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // recordings are public
		return fmt.Errorf("cannot create the directory for the recording: %w", err)
	}
	return os.WriteFile(name, append([]byte(h.header.String()), data...), 0o644) //nolint:gosec // as above
}
