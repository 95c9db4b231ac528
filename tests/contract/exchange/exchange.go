// Package exchange reads recorded exchanges with the service. They are go-vcr cassettes with a header that names the source.
package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
)

// Cassette is a file of exchanges from one source.
type Cassette struct {
	Header

	// Name is the path of the file in the directory of recordings, with forward slashes: "emulator/functions.yaml".
	Name string
	// Exchanges are in the order of the file.
	Exchanges []*Exchange
}

// Exchange is a request and its response.
type Exchange struct {
	Cassette *Cassette
	// Number is the id of the exchange in the file, counted from 0.
	Number int

	Method         string
	URL            *url.URL
	RequestHeader  http.Header
	Request        Body
	Status         int
	ResponseHeader http.Header
	Response       Body
}

// String returns the name of the exchange: "emulator/functions.yaml, exchange 3".
func (x *Exchange) String() string { return fmt.Sprintf("%s, exchange %d", x.Cassette.Name, x.Number) }

// Body is the body of a request or a response.
type Body struct {
	Bytes []byte
	// Value is the decoded JSON, with numbers as json.Number. It is nil for an empty body and if Err is set.
	Value any
	// Err is set if the bytes are not exactly one JSON value.
	Err error
}

// NewBody decodes the bytes of a body.
func NewBody(text []byte) Body {
	b := Body{Bytes: text}
	if len(text) == 0 {
		return b
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if b.Err = decoder.Decode(&b.Value); b.Err != nil {
		b.Value = nil
		return b
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		b.Err = errors.New("bytes follow after the JSON value")
	}
	return b
}

// Load reads all cassettes in a directory and its subdirectories, sorted by name. The error names each file that cannot be
// read or has no valid header.
func Load(dir string) ([]*Cassette, error) {
	var all []*Cassette
	var errs []error
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".yaml" {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		c, err := Read(dir, filepath.ToSlash(name))
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		all = append(all, c)
		return nil
	})
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b *Cassette) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Read reads the cassette with a name, in the directory of recordings. Its provenance must be the name of its directory.
func Read(dir, name string) (*Cassette, error) {
	file := filepath.Join(dir, filepath.FromSlash(name))
	header, err := readHeader(file)
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", name, err)
	}
	if parent, _, _ := strings.Cut(name, "/"); parent != string(header.Provenance) {
		return nil, fmt.Errorf("recording %s: its provenance is %q, but it is in the directory %q", name, header.Provenance, path.Dir(name))
	}
	recorded, err := cassette.Load(strings.TrimSuffix(file, ".yaml"))
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", name, err)
	}
	c := &Cassette{Header: header, Name: name}
	for _, one := range recorded.Interactions {
		x, err := newExchange(c, one)
		if err != nil {
			return nil, fmt.Errorf("recording %s, exchange %d: %w", name, one.ID, err)
		}
		c.Exchanges = append(c.Exchanges, x)
	}
	if len(c.Exchanges) == 0 {
		return nil, fmt.Errorf("recording %s: it has no exchange", name)
	}
	return c, nil
}

func newExchange(c *Cassette, recorded *cassette.Interaction) (*Exchange, error) {
	address, err := url.Parse(recorded.Request.URL)
	if err != nil {
		return nil, err
	}
	if recorded.ID != len(c.Exchanges) {
		return nil, fmt.Errorf("ids must count from 0; want %d", len(c.Exchanges))
	}
	return &Exchange{
		Cassette: c, Number: recorded.ID, Method: recorded.Request.Method, URL: address,
		RequestHeader: header(recorded.Request.Headers), Request: NewBody([]byte(recorded.Request.Body)),
		Status: recorded.Response.Code, ResponseHeader: header(recorded.Response.Headers),
		Response: NewBody([]byte(recorded.Response.Body)),
	}, nil
}

// header returns h, or an empty header if the file has none.
func header(h http.Header) http.Header {
	if h == nil {
		return http.Header{}
	}
	return h
}
