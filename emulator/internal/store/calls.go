package store

import (
	"encoding/json"
	"fmt"
)

// AddFunction adds a new function with room for its calls.
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

// DeleteCall removes a call with its log and response; one that is absent is fine.
func (t *Tx) DeleteCall(functionID, callID int64) error {
	bucket := t.callBucket(functionID)
	if bucket == nil {
		return nil
	}
	for _, name := range [][]byte{logsBucket, responsesBucket} {
		if parts := bucket.Bucket(name); parts != nil {
			if err := parts.Delete(keyOf(callID)); err != nil {
				return err
			}
		}
	}
	return t.Calls(functionID).Delete(callID)
}

// PutLog keeps everything that a call printed, instead of what was kept before.
func (t *Tx) PutLog(functionID, callID int64, lines []Line) error {
	text, err := json.Marshal(lines)
	if err != nil {
		return fmt.Errorf("encode a log: %w", err)
	}
	return t.putPart(logsBucket, functionID, callID, text)
}

// Log returns what a call printed.
func (t *Tx) Log(functionID, callID int64) ([]Line, error) {
	text := t.part(logsBucket, functionID, callID)
	if text == nil {
		return nil, nil
	}
	lines, err := decode[[]Line](text)
	if err != nil {
		return nil, err
	}
	return *lines, nil
}

// PutResponse keeps what a call returned.
func (t *Tx) PutResponse(functionID, callID int64, response json.RawMessage) error {
	return t.putPart(responsesBucket, functionID, callID, response)
}

// Response returns what a call returned; nil if it has not returned anything.
func (t *Tx) Response(functionID, callID int64) json.RawMessage {
	// A copy, since the database's own bytes are gone with the transaction.
	return append(json.RawMessage(nil), t.part(responsesBucket, functionID, callID)...)
}

func (t *Tx) putPart(name []byte, functionID, callID int64, text []byte) error {
	bucket := t.callBucket(functionID)
	if bucket == nil {
		return errNoTable
	}
	parts, err := bucket.CreateBucketIfNotExists(name)
	if err != nil {
		return err
	}
	return parts.Put(keyOf(callID), text)
}

func (t *Tx) part(name []byte, functionID, callID int64) []byte {
	bucket := t.callBucket(functionID)
	if bucket == nil {
		return nil
	}
	parts := bucket.Bucket(name)
	if parts == nil {
		return nil
	}
	return parts.Get(keyOf(callID))
}

// PutNonce notes which session a nonce belongs to; the session's record must hold the same hash.
func (t *Tx) PutNonce(hash string, sessionID int64) error {
	nonces, err := t.tx.CreateBucketIfNotExists(nonceBucket)
	if err != nil {
		return err
	}
	return nonces.Put([]byte(hash), keyOf(sessionID))
}

// TakeNonce returns the session of a nonce and forgets the nonce: it serves once. It returns nil for an unknown one.
func (t *Tx) TakeNonce(hash string) (*Session, error) {
	nonces := t.tx.Bucket(nonceBucket)
	if nonces == nil {
		return nil, nil // absence is an ordinary answer here
	}
	key := nonces.Get([]byte(hash))
	if key == nil {
		return nil, nil // as above
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
	if nonces := t.tx.Bucket(nonceBucket); nonces != nil && session.Nonce != "" {
		if err := nonces.Delete([]byte(session.Nonce)); err != nil {
			return err
		}
	}
	return t.Sessions().Delete(session.ID)
}
