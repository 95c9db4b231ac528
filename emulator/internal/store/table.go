package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	bolt "go.etcd.io/bbolt"
)

// Table contains values of one type by id and in insertion order.
//
// It consists of two buckets: "rows" maps a position to the value, "index" maps an id to its position. Positions increase
// with each added value. Cursors of pages are positions, so that values added later do not shift a page.
type Table[T any] struct {
	bucket *bolt.Bucket // nil for a table that does not exist: it is empty and cannot be written
	idOf   func(*T) int64
}

// errNoTable is returned when a call is added to a deleted function.
var errNoTable = errors.New("the function was deleted")

var (
	rowsBucket  = []byte("rows")
	indexBucket = []byte("index")
)

// Get returns the value with an id, or nil if there is none.
func (t Table[T]) Get(id int64) (*T, error) {
	position := t.position(id)
	if position == nil {
		return nil, nil // a missing value is not an error
	}
	return decode[T](t.bucket.Bucket(rowsBucket).Get(position))
}

// Put adds a value, or replaces the value with the same id at its position.
func (t Table[T]) Put(value *T) error {
	if t.bucket == nil {
		return errNoTable
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	rows, err := t.bucket.CreateBucketIfNotExists(rowsBucket)
	if err != nil {
		return err
	}
	id := t.idOf(value)
	position := t.position(id)
	if position == nil {
		number, err := t.bucket.NextSequence()
		if err != nil {
			return err
		}
		position = binary.BigEndian.AppendUint64(nil, number)
		index, err := t.bucket.CreateBucketIfNotExists(indexBucket)
		if err != nil {
			return err
		}
		if err := index.Put(keyOf(id), position); err != nil {
			return err
		}
	}
	return rows.Put(position, data)
}

// Delete removes the value with an id. It does nothing if there is none.
func (t Table[T]) Delete(id int64) error {
	position := t.position(id)
	if position == nil {
		return nil
	}
	if err := t.bucket.Bucket(indexBucket).Delete(keyOf(id)); err != nil {
		return err
	}
	return t.bucket.Bucket(rowsBucket).Delete(position)
}

// Has reports whether there is a value with an id.
func (t Table[T]) Has(id int64) bool { return t.position(id) != nil }

// position returns the key of an id's row, or nil.
func (t Table[T]) position(id int64) []byte {
	if t.bucket == nil {
		return nil
	}
	index := t.bucket.Bucket(indexBucket)
	if index == nil {
		return nil
	}
	return index.Get(keyOf(id))
}

// Oldest yields the values with their positions in insertion order.
func (t Table[T]) Oldest() iter.Seq2[Position, Row[T]] {
	return t.walk(0, (*bolt.Cursor).First, (*bolt.Cursor).Next)
}

// Newest yields the values before a position in reverse insertion order. Position 0 means all values.
func (t Table[T]) Newest(before Position) iter.Seq2[Position, Row[T]] {
	return t.walk(before, (*bolt.Cursor).Last, (*bolt.Cursor).Prev)
}

// Position is the position of a value in its table, starting at 1.
type Position uint64

// Row is a value, or the error of decoding it.
type Row[T any] struct {
	Value *T
	Err   error
}

type step = func(*bolt.Cursor) (key, value []byte)

func (t Table[T]) walk(before Position, start, next step) iter.Seq2[Position, Row[T]] {
	return func(yield func(Position, Row[T]) bool) {
		if t.bucket == nil || t.bucket.Bucket(rowsBucket) == nil {
			return
		}
		cursor := t.bucket.Bucket(rowsBucket).Cursor()
		key, data := start(cursor)
		if before != 0 {
			// Seek stops at the position or at the next larger one. The previous row is then the first row before it.
			if found, _ := cursor.Seek(binary.BigEndian.AppendUint64(nil, uint64(before))); found == nil {
				key, data = cursor.Last()
			} else {
				key, data = cursor.Prev()
			}
		}
		for ; key != nil; key, data = next(cursor) {
			value, err := decode[T](data)
			if !yield(Position(binary.BigEndian.Uint64(key)), Row[T]{value, err}) {
				return
			}
		}
	}
}

func decode[T any](data []byte) (*T, error) {
	if data == nil {
		return nil, nil // a missing value is not an error
	}
	value := new(T)
	if err := json.Unmarshal(data, value); err != nil {
		return nil, fmt.Errorf("the emulator's state is damaged: %w", err)
	}
	return value, nil
}

func keyOf(id int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(id)) //nolint:gosec // ids are positive
}

func idOfKey(key []byte) int64 {
	return int64(binary.BigEndian.Uint64(key)) //nolint:gosec // as above
}
