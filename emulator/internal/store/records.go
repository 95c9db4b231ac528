package store

import (
	bolt "go.etcd.io/bbolt"

	"github.com/cogfn/cogfn/gen"
)

// Function is a function as it was asked for, with what became of it. All times are in milliseconds since 1970.
type Function struct {
	ID          int64             `json:"id"`
	CreatedTime int64             `json:"createdTime"`
	LastCalled  int64             `json:"lastCalled,omitempty"` // 0 = never
	Write       gen.FunctionWrite `json:"write"`                // secrets in clear, defaults filled in
	// Code is the blob that was the file's content when the function was created: later uploads do not change it.
	Code           string             `json:"code"`
	Status         gen.FunctionStatus `json:"status"`
	RuntimeVersion string             `json:"runtimeVersion,omitempty"`
	ErrorMessage   string             `json:"errorMessage,omitempty"`
	ErrorTrace     string             `json:"errorTrace,omitempty"`
}

// Call is one call without what it printed and returned.
type Call struct {
	ID            int64                  `json:"id"`
	FunctionID    int64                  `json:"functionId"`
	SessionID     int64                  `json:"sessionId"`
	Status        gen.FunctionCallStatus `json:"status"`
	StartTime     int64                  `json:"startTime"`
	EndTime       int64                  `json:"endTime,omitempty"` // 0 = still running
	ScheduleID    int64                  `json:"scheduleId,omitempty"`
	ScheduledTime int64                  `json:"scheduledTime,omitempty"`
	ErrorMessage  string                 `json:"errorMessage,omitempty"`
	ErrorTrace    string                 `json:"errorTrace,omitempty"`
}

// Line is one line that a call printed.
type Line struct {
	Time    int64  `json:"t"`
	Message string `json:"m"`
}

// Schedule is a schedule as it was asked for, without its nonce.
type Schedule struct {
	gen.FunctionScheduleWrite

	ID          int64 `json:"id"`
	CreatedTime int64 `json:"createdTime"`
	SessionID   int64 `json:"sessionId"`
}

// Session is one session. Its status is what was last written; time may have ended it since.
type Session struct {
	ID             int64             `json:"id"`
	Type           gen.SessionType   `json:"type"`
	ClientID       string            `json:"clientId,omitempty"`
	Status         gen.SessionStatus `json:"status"`
	CreationTime   int64             `json:"creationTime"`
	ExpirationTime int64             `json:"expirationTime"`
	// Nonce is the hash of the nonce; "" once it was used.
	Nonce string `json:"nonce,omitempty"`
	// ScheduleID is the schedule that keeps the session alive; 0 = none.
	ScheduleID int64 `json:"scheduleId,omitempty"`
}

// File is one file.
type File struct {
	ID              int64         `json:"id"`
	Write           gen.FileWrite `json:"write"`
	CreatedTime     int64         `json:"createdTime"`
	LastUpdatedTime int64         `json:"lastUpdatedTime"`
	UploadedTime    int64         `json:"uploadedTime,omitempty"` // 0 = not uploaded, or being overwritten
	// Blob is the content; with an overwrite under way it is still the old one.
	Blob string `json:"blob,omitempty"`
}

var (
	functionsBucket = []byte("functions")
	schedulesBucket = []byte("schedules")
	sessionsBucket  = []byte("sessions")
	filesBucket     = []byte("files")
	callsBucket     = []byte("calls") // one bucket per function inside
	nonceBucket     = []byte("nonces")
	logsBucket      = []byte("logs")
	responsesBucket = []byte("responses")
)

// Tx is one transaction.
type Tx struct{ tx *bolt.Tx }

// Functions returns the table of functions.
func (t *Tx) Functions() Table[Function] {
	return Table[Function]{t.tx.Bucket(functionsBucket), func(f *Function) int64 { return f.ID }}
}

// Schedules returns the table of schedules.
func (t *Tx) Schedules() Table[Schedule] {
	return Table[Schedule]{t.tx.Bucket(schedulesBucket), func(s *Schedule) int64 { return s.ID }}
}

// Sessions returns the table of sessions.
func (t *Tx) Sessions() Table[Session] {
	return Table[Session]{t.tx.Bucket(sessionsBucket), func(s *Session) int64 { return s.ID }}
}

// Files returns the table of files.
func (t *Tx) Files() Table[File] {
	return Table[File]{t.tx.Bucket(filesBucket), func(f *File) int64 { return f.ID }}
}

// Calls returns the table of a function's calls, which is empty for a function that does not exist.
func (t *Tx) Calls(functionID int64) Table[Call] {
	return Table[Call]{t.callBucket(functionID), func(c *Call) int64 { return c.ID }}
}

func (t *Tx) callBucket(functionID int64) *bolt.Bucket {
	return t.tx.Bucket(callsBucket).Bucket(keyOf(functionID))
}
