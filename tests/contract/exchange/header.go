package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Provenance is what kind of source an exchange comes from; it is the name of its folder as well.
type Provenance string

// The kinds of sources, the weakest last. No other kind exists, so that nothing can pass for a live recording.
const (
	Live       Provenance = "live"       // a real project
	Documented Provenance = "documented" // the published API reference
	Peers      Provenance = "peers"      // what the test suites of other clients expect
	Emulator   Provenance = "emulator"   // this project's own emulator
)

// Provenances are all kinds, in the order in which reports show them.
func Provenances() []Provenance { return []Provenance{Live, Documented, Peers, Emulator} }

// Header is what a cassette says about itself, in comments at the top of the file: lines of the form "# key: text",
// each of which may go on in lines that begin with "#" and two spaces or more.
type Header struct {
	// Provenance is the kind of source.
	Provenance Provenance
	// Source names the source: pages of the reference, a peer and its test, a version and a date.
	Source string
	// Completed says what was added so that exchanges are whole; needed where a person wrote them down.
	Completed string
	// Refused is true when every request breaks the description, in one place each, and the service refused it for that.
	Refused bool
	// Tolerant says why the answers may hold fields and values that the description does not know; "" means they may not.
	Tolerant string
}

// refused is the one value of the key "requests".
const refused = "refused by the description"

func readHeader(file string) (Header, error) {
	f, err := os.Open(file)
	if err != nil {
		return Header{}, err
	}
	defer func() { _ = f.Close() }() // only read from
	fields := map[string]string{}
	last := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line, isComment := strings.CutPrefix(lines.Text(), "#")
		if !isComment {
			break
		}
		if more, goesOn := strings.CutPrefix(line, "  "); goesOn && last != "" {
			fields[last] += " " + strings.TrimSpace(more)
			continue
		}
		key, text, isField := strings.Cut(strings.TrimSpace(line), ": ")
		if !isField {
			return Header{}, fmt.Errorf("its header has the line %q; write \"# key: text\"", lines.Text())
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
		Refused: fields["requests"] == refused, Tolerant: fields["tolerant"],
	}
	for key, text := range fields {
		switch key {
		case "provenance", "source", "completed", "tolerant":
		case "requests":
			if text != refused {
				return Header{}, fmt.Errorf("its header says requests: %q; the only value is %q", text, refused)
			}
		default:
			return Header{}, fmt.Errorf("its header has the unknown key %q", key)
		}
	}
	switch h.Provenance {
	case Documented, Peers:
		if h.Completed == "" {
			return Header{}, errors.New(`its header lacks "# completed: …": say what was added to the source's values, or "nothing"`)
		}
	case Live, Emulator:
	default:
		return Header{}, fmt.Errorf("its header must begin with \"# provenance: …\", which is one of %v", Provenances())
	}
	if h.Source == "" {
		return Header{}, errors.New(`its header lacks "# source: …": say where the exchanges come from`)
	}
	return h, nil
}

// String writes the header as the comments that readHeader reads.
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
	if h.Refused {
		write("requests", refused)
	}
	write("tolerant", h.Tolerant)
	return b.String()
}
