package store

import (
	"bytes"
	"encoding/json"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

var (
	functionsBucket = []byte("functions")
	schedulesBucket = []byte("schedules")
	sessionsBucket  = []byte("sessions")
	filesBucket     = []byte("files")
	callsBucket     = []byte("calls") // contains one bucket per function
	nonceBucket     = []byte("nonces")
	logsBucket      = []byte("logs")
	responsesBucket = []byte("responses")
)

// stateBuckets are the buckets at the top, except for the settings.
var stateBuckets = [][]byte{functionsBucket, schedulesBucket, sessionsBucket, filesBucket, callsBucket, nonceBucket}

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

// Calls returns the table of a function's calls. It is empty if the function does not exist.
func (t *Tx) Calls(functionID int64) Table[Call] {
	return Table[Call]{t.callBucket(functionID), func(c *Call) int64 { return c.ID }}
}

func (t *Tx) callBucket(functionID int64) *bolt.Bucket {
	return t.tx.Bucket(callsBucket).Bucket(keyOf(functionID))
}

// AddFunction adds a new function and the bucket for its calls.
func (t *Tx) AddFunction(f *Function) error {
	if _, err := t.tx.Bucket(callsBucket).CreateBucketIfNotExists(keyOf(f.ID)); err != nil {
		return err
	}
	return t.Functions().Put(f)
}

// DeleteFunction removes a function with its calls, logs and responses.
func (t *Tx) DeleteFunction(id int64) error {
	if t.callBucket(id) != nil {
		if err := t.tx.Bucket(callsBucket).DeleteBucket(keyOf(id)); err != nil {
			return err
		}
	}
	return t.Functions().Delete(id)
}

// DeleteCall removes a call with its log and response. It does nothing if the call does not exist.
func (t *Tx) DeleteCall(functionID, callID int64) error {
	bucket := t.callBucket(functionID)
	if bucket == nil {
		return nil
	}
	for _, name := range [][]byte{logsBucket, responsesBucket} {
		if values := bucket.Bucket(name); values != nil {
			if err := values.Delete(keyOf(callID)); err != nil {
				return err
			}
		}
	}
	return t.Calls(functionID).Delete(callID)
}

// PutLog stores the log of a call. It replaces a stored log.
func (t *Tx) PutLog(functionID, callID int64, lines []Line) error {
	data, err := json.Marshal(lines)
	if err != nil {
		return fmt.Errorf("encode a log: %w", err)
	}
	return t.putCallData(logsBucket, functionID, callID, data)
}

// Log returns the stored log of a call.
func (t *Tx) Log(functionID, callID int64) ([]Line, error) {
	data := t.callData(logsBucket, functionID, callID)
	if data == nil {
		return nil, nil
	}
	lines, err := decode[[]Line](data)
	if err != nil {
		return nil, err
	}
	return *lines, nil
}

// PutResponse stores the response of a call.
func (t *Tx) PutResponse(functionID, callID int64, response json.RawMessage) error {
	return t.putCallData(responsesBucket, functionID, callID, response)
}

// Response returns the response of a call, or nil if there is none.
func (t *Tx) Response(functionID, callID int64) json.RawMessage {
	// A copy, because the bytes of bbolt are valid only during the transaction.
	return bytes.Clone(t.callData(responsesBucket, functionID, callID))
}

func (t *Tx) putCallData(name []byte, functionID, callID int64, data []byte) error {
	bucket := t.callBucket(functionID)
	if bucket == nil {
		return errNoTable
	}
	values, err := bucket.CreateBucketIfNotExists(name)
	if err != nil {
		return err
	}
	return values.Put(keyOf(callID), data)
}

func (t *Tx) callData(name []byte, functionID, callID int64) []byte {
	bucket := t.callBucket(functionID)
	if bucket == nil {
		return nil
	}
	values := bucket.Bucket(name)
	if values == nil {
		return nil
	}
	return values.Get(keyOf(callID))
}

// PutNonce stores the session of a nonce. Session.Nonce must be the same hash.
func (t *Tx) PutNonce(hash string, sessionID int64) error {
	return t.tx.Bucket(nonceBucket).Put([]byte(hash), keyOf(sessionID))
}

// TakeNonce deletes a nonce and returns its session, because a nonce is valid once. It returns nil for an unknown nonce.
func (t *Tx) TakeNonce(hash string) (*Session, error) {
	nonces := t.tx.Bucket(nonceBucket)
	key := nonces.Get([]byte(hash))
	if key == nil {
		return nil, nil // an unknown nonce is not an error
	}
	session, err := t.Sessions().Get(idOfKey(key))
	if err != nil || session == nil {
		return nil, err
	}
	session.Nonce = ""
	return session, nonces.Delete([]byte(hash))
}

// DeleteSession removes a session with its nonce.
func (t *Tx) DeleteSession(session *Session) error {
	if session.Nonce != "" {
		if err := t.tx.Bucket(nonceBucket).Delete([]byte(session.Nonce)); err != nil {
			return err
		}
	}
	return t.Sessions().Delete(session.ID)
}
