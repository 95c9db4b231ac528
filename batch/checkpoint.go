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

	functions "github.com/cogfn/cogfn/wrapper"
)

// Kinds of checkpoints that cannot be used, for errors.Is.
var (
	// ErrCheckpointInUse: another run, here or in another process, writes to the file.
	ErrCheckpointInUse = errors.New("checkpoint in use")
	// ErrCheckpointDiffers: the file was written for other inputs, another function or another project, or is no
	// checkpoint at all.
	ErrCheckpointDiffers = errors.New("checkpoint of something else")
	// ErrCheckpointDamaged: a line in the middle of the file cannot be read.
	ErrCheckpointDamaged = errors.New("checkpoint damaged")
)

// CheckpointError is a checkpoint file that cannot be used. The file is left as it is.
type CheckpointError struct {
	// Path is the file.
	Path string
	// Problem says what is wrong with it and what to do.
	Problem string
	// Err is the kind of problem, or the operating system's error.
	Err error
}

// Error says in one sentence what is wrong with the file and what to do.
func (e *CheckpointError) Error() string {
	return fmt.Sprintf("batch: the checkpoint %s %s", e.Path, e.Problem)
}

// Unwrap returns the kind of problem.
func (e *CheckpointError) Unwrap() error { return e.Err }

// header is the first line of the file. It names what the results belong to.
type header struct {
	Format   string `json:"format"`
	Version  int    `json:"version"`
	Project  string `json:"project"`
	Function string `json:"function"`
}

const (
	checkpointFormat  = "cogfn batch.Map checkpoint"
	checkpointVersion = 1
)

// entry is every other line: how the last call for one input ended.
type entry struct {
	Index int `json:"index"`
	// Input is the SHA-256 of the input's JSON, in hexadecimal.
	Input    string `json:"inputSha256"`
	Attempts int    `json:"attempts"`
	// Call is the call as the API shows it, with its id, status, times and error.
	Call json.RawMessage `json:"call"`
	// Response is what the function returned; absent if it returned nothing.
	Response json.RawMessage `json:"response,omitempty"`
}

func keyOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// checkpoint is the file of one run, which holds its lock. A nil one keeps nothing. Responses stay in the file until they
// are wanted.
type checkpoint struct {
	path  string
	file  *os.File
	sync  bool
	lines map[int]line // by input; not changed while the run goes on
	most  int          // one more than the greatest input in the file

	mu     sync.Mutex
	end    int64 // where the next line goes
	broken error // why no line can follow
}

// line is where an entry stands.
type line struct {
	offset int64
	length int
	input  string
	again  bool // run the input again in spite of it
}

// openCheckpoint opens or makes the file of s, if s names one, and drops a last line that was not written to its end.
func openCheckpoint(s settings, project string, fn functions.Identifier) (*checkpoint, error) {
	if s.path == "" {
		return nil, nil
	}
	const owner = 0o600 // responses may be nobody else's business
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, owner)
	if err != nil {
		return nil, &CheckpointError{s.path, "cannot be opened: " + reason(err), err}
	}
	c := &checkpoint{path: s.path, file: file, sync: s.sync, lines: map[int]line{}}
	want := header{checkpointFormat, checkpointVersion, project, fn.String()}
	if err := c.lock(); err != nil {
		_ = file.Close() // nothing was done with it
		return nil, err
	}
	if err := c.load(want, s.failedAgain); err != nil {
		_ = c.close() // the first error says more
		return nil, err
	}
	return c, nil
}

func (c *checkpoint) lock() error {
	err := lock(c.file)
	switch {
	case errors.Is(err, errLocked):
		return &CheckpointError{c.path, "is in use by another run; wait for its end, or name another file", ErrCheckpointInUse}
	case err != nil:
		return &CheckpointError{c.path, "cannot be locked against other runs: " + reason(err), err}
	}
	return nil
}

// load reads the file, and makes it ready for the next line.
func (c *checkpoint) load(want header, failedAgain bool) error {
	first, err := json.Marshal(want)
	if err != nil {
		return err
	}
	first = append(first, '\n')
	in := bufio.NewReader(c.file)
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF) && number == 1 && bytes.HasPrefix(first, text):
			return c.begin(first) // new, or given up before its first line was written
		case errors.Is(err, io.EOF) && number > 1:
			return c.cut()
		case err != nil && !errors.Is(err, io.EOF):
			return c.problem("cannot be read", err)
		case number == 1:
			err = c.checkHeader(text, want)
		default:
			err = c.learn(number, text, failedAgain)
		}
		if err != nil {
			return err
		}
		c.end += int64(len(text))
	}
}

// begin makes the file one without results.
func (c *checkpoint) begin(first []byte) error {
	if err := c.cut(); err != nil {
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

// cut drops what stands after the last whole line.
func (c *checkpoint) cut() error {
	if err := c.file.Truncate(c.end); err != nil {
		return c.problem("cannot be written", err)
	}
	return nil
}

func (c *checkpoint) checkHeader(text []byte, want header) error {
	var got header
	if err := json.Unmarshal(text, &got); err != nil || got.Format != want.Format {
		return c.differs("is no checkpoint of batch.Map")
	}
	for _, field := range []struct{ name, got, want string }{
		{"version", strconv.Itoa(got.Version), strconv.Itoa(want.Version)},
		{"the project", got.Project, want.Project},
		{"the function with", got.Function, want.Function},
	} {
		if field.got != field.want {
			return c.differs(fmt.Sprintf("was written for %s %s, not for %s", field.name, field.got, field.want))
		}
	}
	return nil
}

// learn notes where a line stands and whose it is.
func (c *checkpoint) learn(number int, text []byte, failedAgain bool) error {
	var e entry
	var call struct {
		ID     int64                `json:"id"`
		Status functions.CallStatus `json:"status"`
	}
	err := json.Unmarshal(text, &e)
	if err == nil {
		err = json.Unmarshal(e.Call, &call)
	}
	if err != nil || e.Index < 0 || len(e.Input) != hex.EncodedLen(sha256.Size) || call.ID == 0 || call.Status == "" {
		return &CheckpointError{
			c.path, fmt.Sprintf("is damaged in line %d; delete that line, and its input runs again", number), ErrCheckpointDamaged,
		}
	}
	again := failedAgain && call.Status != functions.CallCompleted
	c.lines[e.Index] = line{offset: c.end, length: len(text), input: e.Input, again: again}
	c.most = max(c.most, e.Index+1)
	return nil
}

// seen is how many inputs there are at least.
func (c *checkpoint) seen() int {
	if c == nil {
		return 0
	}
	return c.most
}

// compare holds an input against the one that the file was written for.
func (c *checkpoint) compare(index int, input string) error {
	if c == nil {
		return nil
	}
	if l, ok := c.lines[index]; ok && l.input != input {
		return c.differs(fmt.Sprintf("was written for other inputs: number %d, counted from 0, is not the same", index))
	}
	return nil
}

// has reports whether there is a result of an input.
func (c *checkpoint) has(index int) bool {
	if c == nil {
		return false
	}
	l, ok := c.lines[index]
	return ok && !l.again
}

// read returns the entry of an input that the file has.
func (c *checkpoint) read(index int) (e entry, err error) {
	l := c.lines[index]
	text := make([]byte, l.length)
	if _, err := c.file.ReadAt(text, l.offset); err != nil {
		return e, c.problem("cannot be read", err)
	}
	return e, json.Unmarshal(text, &e)
}

// record adds the entry of an input. When it returns, the end of this process loses nothing any more.
func (c *checkpoint) record(e entry) error {
	if c == nil {
		return nil
	}
	text, err := json.Marshal(e)
	if err != nil {
		return c.problem("cannot be written", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		return c.broken
	}
	if c.broken = c.write(append(text, '\n')); c.broken == nil && c.sync {
		if err := c.file.Sync(); err != nil {
			c.broken = c.problem("cannot be written", err)
		}
	}
	return c.broken
}

// write adds a line with its line end, as a whole. After a failure nothing may follow, since half a line may stand there.
func (c *checkpoint) write(text []byte) error {
	if _, err := c.file.WriteAt(text, c.end); err != nil {
		return c.problem("cannot be written", err)
	}
	c.end += int64(len(text))
	return nil
}

// close makes everything safe from a power cut, and lets other runs have the file.
func (c *checkpoint) close() error {
	if c == nil {
		return nil
	}
	if err := cmp.Or(c.file.Sync(), unlock(c.file), c.file.Close()); err != nil {
		return c.problem("cannot be written", err)
	}
	return nil
}

func (c *checkpoint) differs(how string) error {
	return &CheckpointError{c.path, how + "; name another file, or delete this one to begin anew", ErrCheckpointDiffers}
}

func (c *checkpoint) problem(what string, err error) error {
	return &CheckpointError{c.path, what + ": " + reason(err), err}
}

// reason leaves out the path that an error of package os repeats.
func reason(err error) string {
	if of, ok := errors.AsType[*os.PathError](err); ok {
		return of.Err.Error()
	}
	return err.Error()
}
