package functions

// Package is a function's code as Create would upload it.
type Package struct {
	// Bytes is the zip, the same for the same files on every machine.
	Bytes []byte
	// ContentSHA256 is the SHA-256 of the names and contents of Files, in hexadecimal. Unlike a checksum of Bytes it stays
	// the same when the compressor changes, so it tells whether two packages hold the same code.
	ContentSHA256 string
	// Files are the names in the zip, sorted; "/" separates folders.
	Files []string
	// Ignored are the names that were left out, sorted; a folder left out as a whole ends in "/".
	Ignored []string
}

// Pack packs and checks the code, and checks the fields of w, as Create with the same arguments would, but sends nothing.
// The errors are those of Create; a FileID, whose code is elsewhere, is a *SourceError.
func (s Source) Pack(w FunctionWrite, opts ...CreateOption) (*Package, error) {
	o, err := createSettings(w, opts)
	if err != nil {
		return nil, err
	}
	archive, err := s.pack(deref(w.FunctionPath), o.skipValidation)
	if err != nil {
		return nil, err
	}
	return &Package{
		Bytes: archive.Bytes, ContentSHA256: archive.ContentSHA256, Files: archive.Files, Ignored: archive.Ignored,
	}, nil
}
