package source

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// maxLinks limits a chain of links, because links can form a cycle.
const maxLinks = 40

// followLink returns the name of the regular file that a symbolic link points to. It resolves each element of the path,
// because a directory can be a link too, and never reads outside fsys.
func followLink(fsys fs.FS, name string) (string, error) {
	links, ok := fsys.(fs.ReadLinkFS)
	if !ok {
		return "", &Error{File: name, Message: "this file system cannot resolve links; replace the link with a copy of the file"}
	}
	resolved, rest := ".", strings.Split(name, "/")
	for followed := 0; len(rest) > 0; {
		element := rest[0]
		rest = rest[1:]
		switch element {
		case "", ".":
			continue
		case "..":
			if resolved == "." {
				return "", outside(name)
			}
			resolved = path.Dir(resolved)
			continue
		}
		next := path.Join(resolved, element)
		info, err := links.Lstat(next)
		if err != nil {
			return "", newError(name, "the target of the link does not exist; remove the link or correct its target", err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			resolved = next
			continue
		}
		if followed++; followed > maxLinks {
			return "", &Error{File: name, Message: "the link is part of a cycle of links; remove it"}
		}
		target, err := links.ReadLink(next)
		if err != nil {
			return "", newError(name, "the link cannot be read; replace it with a copy of the file", err)
		}
		target = filepath.ToSlash(target)
		if path.IsAbs(target) || filepath.VolumeName(target) != "" {
			return "", outside(name)
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	info, err := links.Lstat(resolved)
	if err != nil || !info.Mode().IsRegular() {
		return "", newError(name, "the target of the link is not a regular file; replace the link with a copy of the target", err)
	}
	return resolved, nil
}

func outside(name string) *Error {
	return &Error{File: name, Message: "the target of the link is outside the directory; replace the link with a copy of the file"}
}
