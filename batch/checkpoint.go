package batch

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"github.com/gofrs/flock"

	functions "github.com/cogfn/cogfn/wrapper"
)

const (
	checkpointFormat  = "cogfn batch.Map checkpoint"
	checkpointVersion = 1
	// checkpointMode is the mode of the file, since responses may be confidential.
	checkpointMode = 0o600
)

// header is the first line of the file. It identifies what the results belong to.
type header struct {
	Format   string `json:"format"`
	Version  int    `json:"version"`
	Project  string `json:"project"`
	Function string `json:"function"`
}

// entry is every other line: the result of the last call for one input.
type entry struct {
	Index int `json:"index"`
	// Input is the SHA-256 of the input's JSON, in hexadecimal.
	Input    string `json:"inputSha256"`
	Attempts int    `json:"attempts"`
	// Call is the call as returned by the API, with its id, status, times and error.
	Call json.RawMessage `json:"call"`
	// Response is the response of the function; absent if there is none.
	Response json.RawMessage `json:"response,omitempty"`
}

func hashInput(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// checkpoint is the locked file of one run. Responses stay in the file until they are returned. A nil checkpoint records
// nothing.
type checkpoint struct {
	path   string
	file   *os.File
	lock   *flock.Flock
	sync   bool
	lines  map[int]line // by index of the input; read-only during the run
	inputs int          // the number of inputs in the file: the largest index plus one

	mu       sync.Mutex
	end      int64 // the offset of the next line
	writeErr error // the first failure to write
}

// line is the position of an entry in the file.
type line struct {
	offset int64
	length int
	input  string
	retry  bool // run the input again regardless of the entry
}

// openCheckpoint opens or creates the file of s and drops an incomplete last line. It returns nil if s has no file.
func openCheckpoint(s settings, project string, fn functions.Identifier) (*checkpoint, error) {
	if s.path == "" {
		return nil, nil
	}
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, checkpointMode)
	if err != nil {
		return nil, &CheckpointError{s.path, "cannot be opened: " + withoutPath(err), err}
	}
	c := &checkpoint{path: s.path, file: file, sync: s.sync, lines: map[int]line{}}
	if c.lock, err = lockCheckpoint(s.path); err != nil {
		_ = file.Close() // nothing was written
		return nil, err
	}
	want := header{checkpointFormat, checkpointVersion, project, fn.String()}
	if err := c.load(want, s.retryFailed); err != nil {
		_ = c.close() // the first error is more useful
		return nil, err
	}
	return c, nil
}

// load reads the file and prepares it for the next line.
func (c *checkpoint) load(want header, retryFailed bool) error {
	first, err := json.Marshal(want)
	if err != nil {
		return err
	}
	first = append(first, '\n')
	in := bufio.NewReader(c.file)
	for number := 1; ; number++ {
		data, err := in.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && number == 1 && bytes.HasPrefix(first, data):
			return c.create(first) // the file is new, or its first line is incomplete
		case errors.Is(err, io.EOF) && number > 1:
			return c.truncate()
		case err != nil && !errors.Is(err, io.EOF):
			return c.problem("cannot be read", err)
		case number == 1:
			err = c.checkHeader(data, want)
		default:
			err = c.addLine(number, data, retryFailed)
		}
		if err != nil {
			return err
		}
		c.end += int64(len(data))
	}
}

// create writes the first line of a file without results.
func (c *checkpoint) create(first []byte) error {
	if err := c.truncate(); err != nil {
		return err
	}
	if err := c.write(first); err != nil {
		return err
	}
	if err := c.file.Sync(); err != nil {
		return c.problem("cannot be written", err)
	}
	return nil
}

// truncate drops everything after the last complete line.
func (c *checkpoint) truncate() error {
	if err := c.file.Truncate(c.end); err != nil {
		return c.problem("cannot be written", err)
	}
	return nil
}

func (c *checkpoint) checkHeader(data []byte, want header) error {
	var got header
	if err := json.Unmarshal(data, &got); err != nil || got.Format != want.Format {
		return c.differs("is not a checkpoint of batch.Map")
	}
	for _, field := range []struct{ name, got, want string }{
		{"version", strconv.Itoa(got.Version), strconv.Itoa(want.Version)},
		{"project", got.Project, want.Project},
		{"the function with", got.Function, want.Function},
	} {
		if field.got != field.want {
			return c.differs(fmt.Sprintf("was written for %s %s, not %s", field.name, field.got, field.want))
		}
	}
	return nil
}

// addLine adds the position of a line.
func (c *checkpoint) addLine(number int, data []byte, retryFailed bool) error {
	var e entry
	var call struct {
		ID     int64                `json:"id"`
		Status functions.CallStatus `json:"status"`
	}
	err := json.Unmarshal(data, &e)
	if err == nil {
		err = json.Unmarshal(e.Call, &call)
	}
	if err != nil || e.Index < 0 || len(e.Input) != hex.EncodedLen(sha256.Size) || call.ID == 0 || call.Status == "" {
		return &CheckpointError{
			c.path, fmt.Sprintf("is damaged in line %d; delete the line to run its input again", number), ErrCheckpointDamaged,
		}
	}
	retry := retryFailed && call.Status != functions.CallCompleted
	c.lines[e.Index] = line{offset: c.end, length: len(data), input: e.Input, retry: retry}
	c.inputs = max(c.inputs, e.Index+1)
	return nil
}

// minInputs returns the number of inputs that the run must have at least.
func (c *checkpoint) minInputs() int {
	if c == nil {
		return 0
	}
	return c.inputs
}

// compare returns an error if the file was written for another input with this index.
func (c *checkpoint) compare(index int, input string) error {
	if c == nil {
		return nil
	}
	if l, ok := c.lines[index]; ok && l.input != input {
		return c.differs(fmt.Sprintf("was written for other inputs: the input with index %d differs", index))
	}
	return nil
}

// has reports whether the file has a result of an input that is not to be retried.
func (c *checkpoint) has(index int) bool {
	if c == nil {
		return false
	}
	l, ok := c.lines[index]
	return ok && !l.retry
}

// read returns the recorded entry of an input.
func (c *checkpoint) read(index int) (e entry, err error) {
	l := c.lines[index]
	data := make([]byte, l.length)
	if _, err := c.file.ReadAt(data, l.offset); err != nil {
		return e, c.problem("cannot be read", err)
	}
	return e, json.Unmarshal(data, &e)
}

// record appends an entry. After it returns, a killed process does not lose the entry.
func (c *checkpoint) record(e entry) error {
	if c == nil {
		return nil
	}
	data, err := json.Marshal(e)
	if err != nil {
		return c.problem("cannot be written", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writeErr != nil {
		return c.writeErr // the file may end with an incomplete line
	}
	if c.writeErr = c.write(append(data, '\n')); c.writeErr == nil && c.sync {
		if err := c.file.Sync(); err != nil {
			c.writeErr = c.problem("cannot be written", err)
		}
	}
	return c.writeErr
}

// write appends a complete line.
func (c *checkpoint) write(data []byte) error {
	if _, err := c.file.WriteAt(data, c.end); err != nil {
		return c.problem("cannot be written", err)
	}
	c.end += int64(len(data))
	return nil
}

// close syncs the file and releases the lock.
func (c *checkpoint) close() error {
	if c == nil {
		return nil
	}
	if err := cmp.Or(c.file.Sync(), c.lock.Unlock(), c.file.Close()); err != nil {
		return c.problem("cannot be written", err)
	}
	return nil
}

func (c *checkpoint) differs(how string) error {
	return &CheckpointError{c.path, how + "; use another file, or delete this one to start again", ErrCheckpointDiffers}
}

func (c *checkpoint) problem(what string, err error) error {
	return &CheckpointError{c.path, what + ": " + withoutPath(err), err}
}
