package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	bolt "go.etcd.io/bbolt"
)

// Table holds values of one kind by id and in the order in which they were added.
//
// Two buckets make it: "rows" maps a growing number to the value, "index" maps an id to that number. The growing number
// is what pages are cut by: values added later never shift a page.
type Table[T any] struct {
	bucket *bolt.Bucket // nil for a table that does not exist: empty, and not to be written
	idOf   func(*T) int64
}

// errNoTable is returned when something is added to a function that is gone.
var errNoTable = errors.New("the function was deleted")

var (
	rowsBucket  = []byte("rows")
	indexBucket = []byte("index")
)

// Get returns the value with an id, or nil if there is none.
func (t Table[T]) Get(id int64) (*T, error) {
	place := t.place(id)
	if place == nil {
		return nil, nil // absence is an ordinary answer here
	}
	return decode[T](t.bucket.Bucket(rowsBucket).Get(place))
}

// Put adds a value, or replaces the one with the same id, which keeps its place.
func (t Table[T]) Put(value *T) error {
	if t.bucket == nil {
		return errNoTable
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode state: %w", err)
	}
	rows, err := t.bucket.CreateBucketIfNotExists(rowsBucket)
	if err != nil {
		return err
	}
	id := t.idOf(value)
	place := t.place(id)
	if place == nil {
		number, err := t.bucket.NextSequence()
		if err != nil {
			return err
		}
		place = binary.BigEndian.AppendUint64(nil, number)
		index, err := t.bucket.CreateBucketIfNotExists(indexBucket)
		if err != nil {
			return err
		}
		if err := index.Put(keyOf(id), place); err != nil {
			return err
		}
	}
	return rows.Put(place, text)
}

// Delete removes the value with an id; one that is absent is fine.
func (t Table[T]) Delete(id int64) error {
	place := t.place(id)
	if place == nil {
		return nil
	}
	if err := t.bucket.Bucket(indexBucket).Delete(keyOf(id)); err != nil {
		return err
	}
	return t.bucket.Bucket(rowsBucket).Delete(place)
}

// Has says whether there is a value with an id.
func (t Table[T]) Has(id int64) bool { return t.place(id) != nil }

// place returns the key of an id's row, or nil.
func (t Table[T]) place(id int64) []byte {
	if t.bucket == nil {
		return nil
	}
	index := t.bucket.Bucket(indexBucket)
	if index == nil {
		return nil
	}
	return index.Get(keyOf(id))
}

// Oldest yields the values with their places, in the order in which they were added.
func (t Table[T]) Oldest() iter.Seq2[Place, Row[T]] {
	return t.walk(0, (*bolt.Cursor).First, (*bolt.Cursor).Next)
}

// Newest yields the values before a place in the opposite order; the place 0 begins with the newest of all.
func (t Table[T]) Newest(before Place) iter.Seq2[Place, Row[T]] {
	return t.walk(before, (*bolt.Cursor).Last, (*bolt.Cursor).Prev)
}

// Place says where in its table a value is; places grow from 1.
type Place uint64

// Row is a value that may have failed to decode.
type Row[T any] struct {
	Value *T
	Err   error
}

type step = func(*bolt.Cursor) (key, value []byte)

func (t Table[T]) walk(before Place, start, next step) iter.Seq2[Place, Row[T]] {
	return func(yield func(Place, Row[T]) bool) {
		if t.bucket == nil || t.bucket.Bucket(rowsBucket) == nil {
			return
		}
		cursor := t.bucket.Bucket(rowsBucket).Cursor()
		key, text := start(cursor)
		if before != 0 {
			// Seek stops at the place or behind it, or past the end; one step back is before it in either case.
			if found, _ := cursor.Seek(binary.BigEndian.AppendUint64(nil, uint64(before))); found == nil {
				key, text = cursor.Last()
			} else {
				key, text = cursor.Prev()
			}
		}
		for ; key != nil; key, text = next(cursor) {
			value, err := decode[T](text)
			if !yield(Place(binary.BigEndian.Uint64(key)), Row[T]{value, err}) {
				return
			}
		}
	}
}

func decode[T any](text []byte) (*T, error) {
	if text == nil {
		return nil, nil // absence is an ordinary answer here
	}
	value := new(T)
	if err := json.Unmarshal(text, value); err != nil {
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
