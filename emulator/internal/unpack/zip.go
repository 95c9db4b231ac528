// Package unpack writes the code of a function from its zip archive into a folder, and trusts nothing in the archive.
package unpack

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Limits bound what one archive may hold. A zero field means its default.
type Limits struct {
	// Files is the number of entries, folders included; 0 means DefaultFiles.
	Files int
	// Bytes is the size of all files together once unpacked; 0 means DefaultBytes.
	Bytes int64
}

// Defaults of [Limits].
const (
	DefaultFiles = 20_000
	DefaultBytes = 512 << 20
)

// The longest name of an entry, and of one folder or file in it, in bytes. The second is what file systems take.
const (
	maxName    = 1024
	maxElement = 255
)

// encryptedFlag is the bit in an entry's header that says its content needs a password.
const encryptedFlag = 1

// Zip unpacks the archive of the given size into dir, which must exist. Nothing is ever written outside of dir.
// Of two entries with one name the last one wins, as in Python; the modes and times in the archive are ignored.
//
// The error names the entry at fault. Some files may have been written by then; the caller removes dir.
func Zip(r io.ReaderAt, size int64, dir string, limits Limits) error {
	if limits.Files == 0 {
		limits.Files = DefaultFiles
	}
	if limits.Bytes == 0 {
		limits.Bytes = DefaultBytes
	}
	archive, err := zip.NewReader(r, size)
	// Depending on GODEBUG, the reader complains about names; they are all checked below.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fmt.Errorf("the code is not a readable zip archive, upload one: %w", err)
	}
	if n := len(archive.File); n > limits.Files {
		return fmt.Errorf("the zip archive has %d entries, more than the limit of %d; leave out what the function does not need",
			n, limits.Files)
	}
	// A look at all names first: an archive with a bad one is refused before anything is written.
	for _, entry := range archive.File {
		if reason := refusal(entry); reason != "" {
			return fmt.Errorf("the zip archive has an entry that cannot be unpacked: %q %s", shorten(entry.Name), reason)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the folder to unpack into: %w", err)
	}
	defer func() { _ = root.Close() }() // nothing is written through it
	left := limits.Bytes
	for _, entry := range archive.File {
		written, err := extract(root, entry, left)
		if errors.Is(err, errTooLarge) {
			return fmt.Errorf("the zip archive holds more than %d bytes (reached at %q); leave out what the function does not need",
				limits.Bytes, entry.Name)
		}
		if err != nil {
			return fmt.Errorf("unpack %q from the zip archive: %w", entry.Name, err)
		}
		left -= written
	}
	return nil
}

// refusal says why an entry must not be unpacked, or "".
func refusal(entry *zip.File) string {
	name := entry.Name
	switch {
	case name == "":
		return "has no name"
	case len(name) > maxName:
		return fmt.Sprintf("has a name of more than %d bytes", maxName)
	case !utf8.ValidString(name):
		return "has a name that is not UTF-8"
	case strings.ContainsRune(name, '\\'):
		return "has a backslash in its name; use forward slashes"
	case strings.ContainsRune(name, 0):
		return "has a zero byte in its name"
	case strings.HasPrefix(name, "/"):
		return "has an absolute path; use one relative to the function's folder"
	}
	for element := range strings.SplitSeq(name, "/") {
		if element == ".." {
			return "has \"..\" in its path; use one inside the function's folder"
		}
		if len(element) > maxElement {
			return fmt.Sprintf("has a file or folder name of more than %d bytes", maxElement)
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(path.Clean(name))) {
		return "has a path that leads out of the function's folder"
	}
	if kind := entry.Mode().Type(); kind != 0 && !kind.IsDir() {
		return fmt.Sprintf("is no plain file (%v); links and devices are not taken", kind)
	}
	if entry.Flags&encryptedFlag != 0 {
		return "is encrypted; make the archive without a password"
	}
	return ""
}

// shorten keeps error messages readable when the name is what is wrong.
func shorten(name string) string {
	const most = 80
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}

var errTooLarge = errors.New("too large")

// extract writes one checked entry and returns the bytes written. More than left bytes are errTooLarge: the sizes that
// the archive states are never believed.
func extract(root *os.Root, entry *zip.File, left int64) (int64, error) {
	name := filepath.FromSlash(path.Clean(entry.Name))
	if entry.Mode().IsDir() {
		return 0, root.MkdirAll(name, 0o700)
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return 0, err
	}
	content, err := entry.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = content.Close() }() // only read
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	written, err := io.Copy(file, io.LimitReader(content, left+1))
	if written > left {
		err = errTooLarge
	}
	return written, errors.Join(err, file.Close())
}
