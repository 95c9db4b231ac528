package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	bolt "go.etcd.io/bbolt"
)

// ErrTooLarge and ErrBrokenOff are returned for content above a limit, and for content whose sender stopped sending.
var (
	ErrTooLarge  = errors.New("the content is larger than allowed")
	ErrBrokenOff = errors.New("the content broke off")
)

// incoming marks errors of the sender's side, which would look like those of the disk otherwise.
type incoming struct{ io.Reader }

// Read reads on.
func (i incoming) Read(part []byte) (int, error) {
	n, err := i.Reader.Read(part)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Copy compares it in this way
		err = fmt.Errorf("%w: %w", ErrBrokenOff, err)
	}
	return n, err
}

// Upload is content that has arrived completely but does not belong to a file yet.
type Upload struct {
	// Name is what the blob will be called.
	Name string
	path string
	keep string
}

// Receive takes content in. More than limit bytes are refused with ErrTooLarge, and content that does not arrive whole
// with ErrBrokenOff. The caller ends with Discard, after Keep or without it.
func (s *Store) Receive(content io.Reader, limit int64) (upload *Upload, err error) {
	file, err := os.CreateTemp(filepath.Join(s.dir, uploadDir), "upload-")
	if err != nil {
		return nil, fmt.Errorf("make room for an upload: %w", err)
	}
	sum := sha256.New()
	written, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(incoming{content}, limit+1))
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
	return &Upload{Name: name, path: file.Name(), keep: s.blobPath(name)}, nil
}

// Keep makes the upload a blob, whole from the first moment. It must run inside the update that notes who needs it, or
// Sweep could take it away in between.
func (u *Upload) Keep() error {
	if err := os.Rename(u.path, u.keep); err != nil {
		return fmt.Errorf("keep an upload: %w", err)
	}
	return nil
}

// Discard removes what was not kept.
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

// Sweep removes blobs that no file and no function needs. It is called after the change that made them superfluous was
// kept: the other way around, the end of the process in between would lose content.
func (s *Store) Sweep(names ...string) error {
	return s.db.Update(func(tx *bolt.Tx) error {
		needed := map[string]bool{"": true}
		for _, row := range (&Tx{tx}).Files().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			needed[row.Value.Blob] = true
		}
		for _, row := range (&Tx{tx}).Functions().Oldest() {
			if row.Err != nil {
				return row.Err
			}
			needed[row.Value.Code] = true
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

// sweepAll removes what an earlier process left behind between a change and its sweep.
func (s *Store) sweepAll() error {
	entries, err := os.ReadDir(filepath.Join(s.dir, blobDir))
	if err != nil {
		return fmt.Errorf("read the data folder: %w", err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return s.Sweep(names...)
}

func (s *Store) blobPath(name string) string { return filepath.Join(s.dir, blobDir, name) }

// NewCodeDir makes an empty folder for a function's unpacked code.
func (s *Store) NewCodeDir(functionID int64) (string, error) {
	dir, err := os.MkdirTemp(filepath.Join(s.dir, codeDir), strconv.FormatInt(functionID, 10)+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the code: %w", err)
	}
	return dir, nil
}
