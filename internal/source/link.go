package source

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// maxLinks bounds a chain of links, so that a circle ends.
const maxLinks = 40

// followLink returns the regular file that the link name leads to. Each part of the way is looked at, since a folder
// on it may be a link too: nothing outside the tree is ever read.
func followLink(fsys fs.FS, name string) (string, error) {
	links, ok := fsys.(fs.ReadLinkFS)
	if !ok {
		return "", &Error{name, "the link cannot be followed in this file system; replace it with a copy of the file", nil}
	}
	done, todo := ".", strings.Split(name, "/")
	for followed := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if done == "." {
				return "", leadsOut(name, nil)
			}
			done = path.Dir(done)
			continue
		}
		next := path.Join(done, part)
		info, err := links.Lstat(next)
		if err != nil {
			return "", &Error{name, "the link leads to nothing; remove it or make it lead to a file", err}
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		if followed++; followed > maxLinks {
			return "", &Error{name, "the link leads in a circle; remove it", nil}
		}
		target, err := links.ReadLink(next)
		if err != nil {
			return "", &Error{name, "the link cannot be read; replace it with a copy of the file", err}
		}
		target = filepath.ToSlash(target)
		if path.IsAbs(target) || filepath.VolumeName(target) != "" {
			return "", leadsOut(name, nil)
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	info, err := links.Lstat(done)
	if err != nil || !info.Mode().IsRegular() {
		return "", &Error{name, "the link does not lead to a regular file; replace it with a copy of what it leads to", err}
	}
	return done, nil
}

func leadsOut(name string, err error) *Error {
	return &Error{name, "the link leads out of the folder; replace it with a copy of the file", err}
}
