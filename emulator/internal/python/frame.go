package python

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// A frame is its length in four bytes (big-endian), a head, which is one line of JSON, and the data or the response of a
// call. Those two are JSON of the user's, which one side may be unable to decode; the head can be read in any case.

// request is the head of a frame to a worker: a load or a call.
type request struct {
	ID   int          `json:"id"`
	Mark string       `json:"mark"`
	Load *loadRequest `json:"load,omitempty"`
	Call *callRequest `json:"call,omitempty"`
	// Data follows the head of a call.
	Data json.RawMessage `json:"-"`
}

type loadRequest struct {
	Root          string            `json:"root"`
	Path          string            `json:"path"`
	FunctionID    int64             `json:"function_id"`
	Secrets       map[string]string `json:"secrets"`
	ResponseLimit int               `json:"response_limit"`
}

type callRequest struct {
	CallID        int64 `json:"call_id"`
	ScheduleID    int64 `json:"schedule_id,omitempty"`
	ScheduledTime int64 `json:"scheduled_time,omitempty"`
}

// reply is the head of a frame from a worker. A message means that the request failed.
type reply struct {
	ID      int    `json:"id"`
	Message string `json:"message"`
	Trace   string `json:"trace"`
	// Retire says that the process is not fit for another call.
	Retire bool `json:"retire"`
	// Response follows the head; empty for loads and failures. That it is JSON is not checked yet.
	Response json.RawMessage `json:"-"`
}

const headerSize = 4

// encodeFrame returns a request as a frame.
func encodeFrame(req request) ([]byte, error) {
	head, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	size := len(head) + len("\n") + len(req.Data)
	if size > math.MaxInt32 {
		return nil, fmt.Errorf("%d bytes are too much for one call", size)
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, headerSize+size), uint32(size))
	frame = append(append(frame, head...), '\n')
	return append(frame, req.Data...), nil
}

// readFrame reads the next reply. Frames of more than limit bytes are refused before they are read: user code may have
// written garbage into the pipe.
func readFrame(r io.Reader, limit int) (reply, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return reply{}, err
	}
	size := int64(binary.BigEndian.Uint32(header[:]))
	if size > int64(limit) {
		return reply{}, fmt.Errorf("%w: a frame of %d bytes", errGarbled, size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return reply{}, err
	}
	head, response, _ := bytes.Cut(body, []byte("\n"))
	var answer reply
	if err := json.Unmarshal(head, &answer); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errGarbled, err)
	}
	answer.Response = response
	return answer, nil
}
