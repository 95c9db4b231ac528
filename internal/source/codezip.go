// Package source packs a function's folder into a zip archive: the same bytes for the same files, whatever the
// machine, the times, the permissions and the order in which the files were made.
package source

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

// Archive is a packed folder.
type Archive struct {
	Bytes         []byte   // the zip
	SHA256        string   // of Bytes, in hexadecimal
	ContentSHA256 string   // of the names and contents of Files, in hexadecimal; outlives a change of the compressor
	Files         []string // names in the zip, sorted; "/" separates folders
	Ignored       []string // what was left out, sorted; a folder left out as a whole ends in "/"
}

// Error says which entry of a folder cannot be packed.
type Error struct {
	Name    string // within the folder; "" for the folder as a whole
	Message string // what is wrong and what to do
	Err     error  // the cause, or nil
}

// Error puts the entry in front of the message.
func (e *Error) Error() string {
	text := e.Message
	if e.Name != "" {
		text = e.Name + ": " + text
	}
	if e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// modified is the earliest time that a zip can hold. Times are left out on purpose: they differ between checkouts.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// fileMode is the same for all: Windows has no modes, and the service imports files, it does not execute them.
const fileMode fs.FileMode = 0o644

// maxBytes is how much may be packed, before compression: the archive is made in memory, and whoever names the wrong
// folder should hear of it soon.
const maxBytes = 512 << 20

// Pack zips the files of fsys, except those that [IgnoreFile] or the built-in rules leave out. A link to a regular
// file inside fsys is stored as that file. The error is that of accept, if one is given, which sees
// the names before any file is read; or an [*Error] for links that lead elsewhere, for devices and the like, for names that a zip cannot hold on every system,
// for a folder without any file to pack or with more than 512 MiB, and for files that cannot be read.
func Pack(fsys fs.FS, accept func(files, ignored []string) error) (*Archive, error) {
	entries, err := listEntries(fsys)
	if err != nil {
		return nil, err
	}
	if accept != nil {
		names := make([]string, len(entries.files))
		for i, f := range entries.files {
			names[i] = f.name
		}
		if err := accept(names, entries.ignored); err != nil {
			return nil, err
		}
	}
	archive, err := write(entries.files, maxBytes)
	if err != nil {
		return nil, err
	}
	archive.Ignored = entries.ignored
	return archive, nil
}

// PackTexts zips texts by their names, which must be valid as [fs.ValidPath] has it. No rule leaves any out. The error
// is an [*Error] for other names and when there is no text.
func PackTexts(texts map[string]string) (*Archive, error) {
	var files []file
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !fs.ValidPath(name) {
			return nil, &Error{fmt.Sprintf("%q", name), `the name is no path inside a folder; write it like "src/handler.py"`, nil}
		}
		if err := checkName(name); err != nil {
			return nil, err
		}
		files = append(files, file{name, func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(texts[name])), nil
		}})
	}
	return write(files, maxBytes)
}

func write(files []file, left int64) (*Archive, error) {
	if len(files) == 0 {
		return nil, &Error{"", "there is no file to pack; add the function's code", nil}
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	content := sha256.New()
	archive := &Archive{}
	for _, f := range files {
		sum, err := addFile(w, f, &left)
		if err != nil {
			return nil, err
		}
		content.Write(fmt.Appendf(nil, "%x %q\n", sum, f.name))
		archive.Files = append(archive.Files, f.name)
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	archive.Bytes = buf.Bytes()
	sum := sha256.Sum256(archive.Bytes)
	archive.SHA256 = hex.EncodeToString(sum[:])
	archive.ContentSHA256 = hex.EncodeToString(content.Sum(nil))
	return archive, nil
}

// addFile writes one file into the zip, takes its size from what is left, and returns the SHA-256 of its content.
func addFile(w *zip.Writer, f file, left *int64) ([]byte, error) {
	header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: modified}
	header.SetMode(fileMode)
	to, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	from, err := f.open()
	if err != nil {
		return nil, &Error{f.name, "the file cannot be opened; check its permissions", err}
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(from, *left+1))
	if closeErr := from.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, &Error{f.name, "the file cannot be read; check the disk and try again", err}
	}
	if *left -= n; *left < 0 {
		return nil, &Error{"", fmt.Sprintf("the folder holds more than %d MiB; is it the right one? Leave out what is not code with %s", maxBytes>>20, IgnoreFile), nil}
	}
	return sum.Sum(nil), nil
}
