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

// modified is the earliest time that a zip can store. The real times differ between checkouts.
var modified = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// fileMode is the mode of all files. Windows has no modes, and the service imports the files without executing them.
const fileMode fs.FileMode = 0o644

// maxBytes limits the total size of the files before compression. The zip is built in memory, and packing a wrong directory
// should fail soon.
const maxBytes = 512 << 20

// zipTree zips the files of fsys, except those that [IgnoreFile] or the default rules exclude. A symbolic link to a regular
// file inside fsys is stored as that file. It returns an [*Error] for links to anything else, for devices and similar files,
// for names that a zip cannot store portably, for files that cannot be read, if there are no files, and if the files
// exceed maxBytes. It returns the error of accept unchanged.
func zipTree(fsys fs.FS, accept acceptFunc) (*Package, error) {
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
	code, err := zipFiles(entries.files, maxBytes)
	if err != nil {
		return nil, err
	}
	code.Ignored = entries.ignored
	return code, nil
}

// zipTexts zips strings by their names. No ignore rules apply.
func zipTexts(texts map[string]string) (*Package, error) {
	var files []file
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		files = append(files, file{name, func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(texts[name])), nil
		}})
	}
	return zipFiles(files, maxBytes)
}

func zipFiles(files []file, limit int64) (*Package, error) {
	if len(files) == 0 {
		return nil, &Error{Message: "there are no files to pack; add the code of the function"}
	}
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	content := sha256.New()
	code, left := &Package{}, limit
	for _, f := range files {
		sum, err := addFile(w, f, &left)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(content, "%x %q\n", sum, f.name)
		code.Files = append(code.Files, f.name)
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	code.Bytes = buf.Bytes()
	code.ContentSHA256 = hex.EncodeToString(content.Sum(nil))
	return code, nil
}

// addFile adds one file to the zip, subtracts its size from left, and returns the SHA-256 of its content.
func addFile(w *zip.Writer, f file, left *int64) ([]byte, error) {
	header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: modified}
	header.SetMode(fileMode)
	to, err := w.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	from, err := f.open()
	if err != nil {
		return nil, newError(f.name, "the file cannot be opened; check its permissions", err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, sum), io.LimitReader(from, *left+1))
	if closeErr := from.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, newError(f.name, "the file cannot be read; check the disk and try again", err)
	}
	if *left -= n; *left < 0 {
		return nil, &Error{
			Message: fmt.Sprintf("the files exceed %d MiB; check the path, or exclude files that are not code in %s", maxBytes>>20, IgnoreFile),
		}
	}
	return sum.Sum(nil), nil
}
