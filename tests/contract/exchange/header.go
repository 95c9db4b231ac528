package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Provenance is the kind of source of an exchange. It is also the name of the directory.
type Provenance string

// The kinds of sources, from the strongest evidence to the weakest.
const (
	Live       Provenance = "live"       // a real project
	Documented Provenance = "documented" // the published API reference
	Peers      Provenance = "peers"      // the test suites of other clients
	Emulator   Provenance = "emulator"   // the emulator of this project
)

// Provenances returns all kinds in the order of the reports.
func Provenances() []Provenance { return []Provenance{Live, Documented, Peers, Emulator} }

// Header describes a cassette, in comments at the top of the file. A line has the form "# key: text". Lines that begin with
// "#" and two or more spaces continue the text.
type Header struct {
	// Provenance is the kind of source.
	Provenance Provenance
	// Source identifies the source: pages of the reference, a client and its test, or a version and a date.
	Source string
	// Completed lists what a person added to the values of the source. It is required for handwritten files.
	Completed string
	// Rejected is true if each request violates the description in exactly one place, and the service rejected it.
	Rejected bool
	// Tolerant is the reason why responses may have fields and values that the description does not have. "" means that they
	// may not.
	Tolerant string
}

// rejectedRequests is the only value of the key "requests".
const rejectedRequests = "refused by the description"

func readHeader(file string) (Header, error) {
	f, err := os.Open(file)
	if err != nil {
		return Header{}, err
	}
	defer func() { _ = f.Close() }() // a file that is only read
	fields := map[string]string{}
	last := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line, isComment := strings.CutPrefix(lines.Text(), "#")
		if !isComment {
			break
		}
		if more, continued := strings.CutPrefix(line, "  "); continued && last != "" {
			fields[last] += " " + strings.TrimSpace(more)
			continue
		}
		key, text, isField := strings.Cut(strings.TrimSpace(line), ": ")
		if !isField {
			return Header{}, fmt.Errorf("its header has the line %q; use the form \"# key: text\"", lines.Text())
		}
		last, fields[key] = key, strings.TrimSpace(text)
	}
	if err := lines.Err(); err != nil {
		return Header{}, err
	}
	return newHeader(fields)
}

func newHeader(fields map[string]string) (Header, error) {
	h := Header{
		Provenance: Provenance(fields["provenance"]), Source: fields["source"], Completed: fields["completed"],
		Rejected: fields["requests"] == rejectedRequests, Tolerant: fields["tolerant"],
	}
	for key, text := range fields {
		switch key {
		case "provenance", "source", "completed", "tolerant":
		case "requests":
			if text != rejectedRequests {
				return Header{}, fmt.Errorf("its header has requests: %q; the only value is %q", text, rejectedRequests)
			}
		default:
			return Header{}, fmt.Errorf("its header has the unknown key %q", key)
		}
	}
	switch h.Provenance {
	case Documented, Peers:
		if h.Completed == "" {
			return Header{}, errors.New(`its header has no "# completed: …"; list what was added to the values of the source, or write "nothing"`)
		}
	case Live, Emulator:
	default:
		return Header{}, fmt.Errorf("its header must begin with \"# provenance: …\", with one of %v", Provenances())
	}
	if h.Source == "" {
		return Header{}, errors.New(`its header has no "# source: …"; name the source of the exchanges`)
	}
	return h, nil
}

// String returns the header in the form that readHeader reads.
func (h Header) String() string {
	var b strings.Builder
	write := func(key, text string) {
		if text != "" {
			fmt.Fprintf(&b, "# %s: %s\n", key, text)
		}
	}
	write("provenance", string(h.Provenance))
	write("source", h.Source)
	write("completed", h.Completed)
	if h.Rejected {
		write("requests", rejectedRequests)
	}
	write("tolerant", h.Tolerant)
	return b.String()
}
