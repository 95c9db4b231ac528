package requirements

import (
	"bytes"
	"encoding/binary"
	"errors"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode returns the content of a file as UTF-8. Like pip, it detects UTF-16 by its byte order mark, because Windows
// PowerShell writes "pip freeze > requirements.txt" in UTF-16.
func decode(content []byte) (string, error) {
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if rest, ok := bytes.CutPrefix(content, []byte(mark)); ok {
			units := make([]uint16, len(rest)/2)
			for i := range units {
				units[i] = order.Uint16(rest[2*i:])
			}
			return string(utf16.Decode(units)), nil
		}
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) {
		return "", errors.New("the file is not UTF-8; save it as UTF-8")
	}
	return string(content), nil
}

type logicalLine struct {
	number int // of the first physical line, counted from 1
	text   string
}

var (
	lineEnds    = strings.NewReplacer("\r\n", "\n", "\r", "\n")
	comment     = regexp.MustCompile(`(^|\s)\s*#.*$`)
	commentLine = regexp.MustCompile(`^\s*#`)
)

// logicalLines joins each line that ends in "\" with the next one and removes comments and empty lines. A comment line
// has no continuation, but it ends the continued line before it.
func logicalLines(content string) []logicalLine {
	var list []logicalLine
	var joined strings.Builder
	first := 0
	lines := strings.Split(lineEnds.Replace(content), "\n")
	for i, line := range lines {
		if first == 0 {
			first = i + 1
		}
		isComment := commentLine.MatchString(line)
		before, continued := strings.CutSuffix(line, `\`)
		if continued && !isComment {
			joined.WriteString(before)
			if i < len(lines)-1 {
				continue
			}
		} else {
			if isComment {
				joined.WriteByte(' ') // a "#" begins a comment only after white space
			}
			joined.WriteString(line)
		}
		if text := strings.TrimSpace(comment.ReplaceAllString(joined.String(), "")); text != "" {
			list = append(list, logicalLine{first, text})
		}
		joined.Reset()
		first = 0
	}
	return list
}
