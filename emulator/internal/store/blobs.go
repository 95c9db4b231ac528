package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// ErrTooLarge is returned for content above the limit, ErrIncomplete if the sender stopped sending.
var (
	ErrTooLarge   = errors.New("the content is larger than the limit")
	ErrIncomplete = errors.New("the content is incomplete")
)

// senderReader wraps read errors with ErrIncomplete, to distinguish them from errors of the disk.
type senderReader struct{ io.Reader }

// Read implements [io.Reader].
func (i senderReader) Read(part []byte) (int, error) {
	n, err := i.Reader.Read(part)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Copy compares it in this way
		err = fmt.Errorf("%w: %w", ErrIncomplete, err)
	}
	return n, err
}

// Upload is completely received content that does not belong to a file yet.
type Upload struct {
	// Name is the name of the blob, the hash of the content.
	Name   string
	path   string
	target string
}

// Receive stores content in a temporary file. It returns ErrTooLarge for more than limit bytes and ErrIncomplete if
// reading fails. The caller must call Discard, also after Commit.
func (s *Store) Receive(content io.Reader, limit int64) (upload *Upload, err error) {
	file, err := os.CreateTemp(filepath.Join(s.dir, uploadDir), "upload-")
	if err != nil {
		return nil, fmt.Errorf("create a file for an upload: %w", err)
	}
	sum := sha256.New()
	written, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(senderReader{content}, limit+1))
	if err == nil && written > limit {
		err = ErrTooLarge
	}
	if err == nil && !s.db.NoSync {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("receive an upload: %w", err), os.Remove(file.Name()))
	}
	name := hex.EncodeToString(sum.Sum(nil))
	return &Upload{Name: name, path: file.Name(), target: s.blobPath(name)}, nil
}

// Commit renames the upload to a blob. It must run in the same update that stores the reference to the blob. Otherwise
// Sweep could remove the blob in between.
func (u *Upload) Commit() error {
	if err := os.Rename(u.path, u.target); err != nil {
		return fmt.Errorf("store an upload: %w", err)
	}
	return nil
}

// Discard removes the upload if it was not committed.
func (u *Upload) Discard() error {
	if err := os.Remove(u.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("discard an upload: %w", err)
	}
	return nil
}

// OpenBlob opens a blob for reading; the caller closes it.
func (s *Store) OpenBlob(name string) (*os.File, error) {
	file, err := os.Open(s.blobPath(name))
	if err != nil {
		return nil, fmt.Errorf("open the content of a file: %w", err)
	}
	return file, nil
}

// Sweep removes those of the named blobs that no file and no function refers to. It is called after the update that
// removed the references. In the opposite order, a crash in between would lose content.
// The name "", of a file without content, is ignored.
func (s *Store) Sweep(names ...string) error {
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	if len(names) == 0 {
		return nil
	}
	return s.Update(context.Background(), func(tx *Tx) error {
		needed := map[string]bool{}
		s.copies.needBlobs(needed)
		if err := addBlobs(tx, needed); err != nil {
			return err
		}
		for _, name := range names {
			if needed[name] {
				continue
			}
			if err := os.Remove(s.blobPath(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove the content of a file: %w", err)
			}
		}
		return nil
	})
}

// addBlobs adds the blobs that files and functions refer to.
func addBlobs(tx *Tx, needed map[string]bool) error {
	for _, row := range tx.Files().Oldest() {
		if row.Err != nil {
			return row.Err
		}
		needed[row.Value.Blob] = true
	}
	for _, row := range tx.Functions().Oldest() {
		if row.Err != nil {
			return row.Err
		}
		needed[row.Value.Code] = true
	}
	return nil
}

// sweepAll removes blobs that an earlier process did not sweep because it was killed.
func (s *Store) sweepAll() error {
	entries, err := os.ReadDir(filepath.Join(s.dir, blobDir))
	if err != nil {
		return fmt.Errorf("read the data directory: %w", err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return s.Sweep(names...)
}

func (s *Store) blobPath(name string) string { return filepath.Join(s.dir, blobDir, name) }

// NewCodeDir creates an empty directory for a function's unpacked code.
func (s *Store) NewCodeDir(functionID int64) (string, error) {
	dir, err := os.MkdirTemp(filepath.Join(s.dir, codeDir), strconv.FormatInt(functionID, 10)+"-")
	if err != nil {
		return "", fmt.Errorf("create a directory for the code: %w", err)
	}
	return dir, nil
}
