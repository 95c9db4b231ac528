// Package unpack extracts the zip archive of a function's code into a directory. It does not trust the archive.
package unpack

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Limits limit the content of an archive.
type Limits struct {
	// Files is the maximum number of entries, including directories; 0 means 20,000.
	Files int
	// Bytes is the maximum total size of the unpacked files; 0 means 512 MiB.
	Bytes int64
}

const (
	maxName    = 1024 // the maximum length of an entry's name in bytes
	maxElement = 255  // the maximum length of a path element in bytes, as in common file systems
)

// encryptedFlag is the bit in an entry's header that marks encrypted content.
const encryptedFlag = 1

// Zip unpacks the archive of the given size into dir, which must exist. It never writes outside of dir. If entries have
// the same name, the last one wins, as in Python. The modes and times in the archive are ignored.
//
// The error names the invalid entry. After an error, dir may contain some of the files; the caller removes it.
func Zip(r io.ReaderAt, size int64, dir string, limits Limits) error {
	limits.Files = cmp.Or(limits.Files, 20_000)
	limits.Bytes = cmp.Or(limits.Bytes, 512<<20)
	archive, err := zip.NewReader(r, size)
	// Depending on GODEBUG, NewReader reports insecure names. They are checked below.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return fmt.Errorf("the code is not a readable zip archive: %w; upload a zip archive", err)
	}
	if n := len(archive.File); n > limits.Files {
		return fmt.Errorf("the zip archive has %d entries, more than the limit of %d; remove files that the function does not need",
			n, limits.Files)
	}
	// Check all entries before the first file is written.
	for _, entry := range archive.File {
		if reason := invalidReason(entry); reason != "" {
			return fmt.Errorf("the zip archive has an entry that cannot be unpacked: %q %s", shorten(entry.Name), reason)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the directory for the code: %w", err)
	}
	defer func() { _ = root.Close() }() // has no buffered data
	left := limits.Bytes
	for _, entry := range archive.File {
		written, err := extract(root, entry, left)
		if errors.Is(err, errTooLarge) {
			return fmt.Errorf("the zip archive contains more than %d bytes (reached at %q); remove files that the function does not need",
				limits.Bytes, entry.Name)
		}
		if err != nil {
			return fmt.Errorf("unpack %q from the zip archive: %w", entry.Name, err)
		}
		left -= written
	}
	return nil
}

// invalidReason returns why an entry cannot be unpacked, or "" if it can.
func invalidReason(entry *zip.File) string {
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
		return "has an absolute path; use a path relative to the function's directory"
	}
	for element := range strings.SplitSeq(name, "/") {
		if element == ".." {
			return "has \"..\" in its path; use a path inside the function's directory"
		}
		if len(element) > maxElement {
			return fmt.Sprintf("has a file or directory name of more than %d bytes", maxElement)
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(path.Clean(name))) {
		return "has a path outside of the function's directory"
	}
	if kind := entry.Mode().Type(); kind != 0 && !kind.IsDir() {
		return fmt.Sprintf("is not a regular file (%v); links and devices are not supported", kind)
	}
	if entry.Flags&encryptedFlag != 0 {
		return "is encrypted; create the archive without a password"
	}
	return ""
}

// shorten truncates a long name for an error message.
func shorten(name string) string {
	const most = 80
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}

var errTooLarge = errors.New("too large")

// extract writes one checked entry and returns the number of bytes written. It returns errTooLarge after more than left
// bytes; it does not trust the sizes in the archive.
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
	defer func() { _ = content.Close() }() // opened for reading
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
