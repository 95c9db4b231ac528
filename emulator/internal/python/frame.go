package python

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// A frame consists of its length in four bytes (big-endian), a head, which is one line of JSON, and the data or the
// response of a call. Data and response are separate from the head because they are the user's JSON: if one side cannot
// decode them, it can still read the head.

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

// reply is the head of a frame from a worker. Message is set if the request failed.
type reply struct {
	ID      int    `json:"id"`
	Message string `json:"message"`
	Trace   string `json:"trace"`
	// Retire reports that the process cannot run another call.
	Retire bool `json:"retire"`
	// Response follows the head. It is empty for loads and failures, and not checked to be JSON.
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
		return nil, fmt.Errorf("the request has %d bytes, the limit is %d", size, math.MaxInt32)
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, headerSize+size), uint32(size))
	frame = append(append(frame, head...), '\n')
	return append(frame, req.Data...), nil
}

// readFrame reads the next reply. It rejects a frame of more than limit bytes without reading it, because user code can
// write arbitrary bytes into the pipe.
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
	var rep reply
	if err := json.Unmarshal(head, &rep); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errGarbled, err)
	}
	rep.Response = response
	return rep, nil
}
