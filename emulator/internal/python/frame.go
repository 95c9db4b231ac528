package python

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// request is one frame to a worker: a load or a call.
type request struct {
	ID   int          `json:"id"`
	Mark string       `json:"mark"`
	Load *loadRequest `json:"load,omitempty"`
	Call *callRequest `json:"call,omitempty"`
}

type loadRequest struct {
	Root          string            `json:"root"`
	Path          string            `json:"path"`
	FunctionID    int64             `json:"function_id"`
	Secrets       map[string]string `json:"secrets"`
	ResponseLimit int               `json:"response_limit"`
}

type callRequest struct {
	CallID        int64           `json:"call_id"`
	ScheduleID    int64           `json:"schedule_id,omitempty"`
	ScheduledTime int64           `json:"scheduled_time,omitempty"`
	Data          json.RawMessage `json:"data"`
}

// reply is one frame from a worker. A message means that the request failed.
type reply struct {
	ID       int             `json:"id"`
	Response json.RawMessage `json:"response"`
	Message  string          `json:"message"`
	Trace    string          `json:"trace"`
}

const headerSize = 4

// encodeFrame returns content as JSON behind its length.
func encodeFrame(content any) ([]byte, error) {
	body, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	size := len(body)
	if size > math.MaxInt32 {
		return nil, fmt.Errorf("%d bytes are too much for one call", size)
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, headerSize+size), uint32(size))
	return append(frame, body...), nil
}

// readFrame decodes the next frame into content. Frames of more than limit bytes are refused before they are read: user
// code may have written garbage into the pipe.
func readFrame(r io.Reader, limit int, content any) error {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return err
	}
	size := int64(binary.BigEndian.Uint32(header[:]))
	if size > int64(limit) {
		return fmt.Errorf("%w: a frame of %d bytes", errGarbled, size)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, content); err != nil {
		return fmt.Errorf("%w: %w", errGarbled, err)
	}
	return nil
}
