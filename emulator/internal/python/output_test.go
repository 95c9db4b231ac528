package python

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestOutputIsIndependentOfChunks writes random text in random pieces. The lines must be equal to those of the text in one
// piece, and together equal to the text.
func TestOutputIsIndependentOfChunks(t *testing.T) {
	t.Parallel()
	word := rapid.SampledFrom([]string{"a", "bc", "\n", "\n", "é", "€", "😀", "\xff", "MAR", "MARK", "0123456789"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(word, 0, 40).Draw(t, "text"), "")
		after := strings.Join(rapid.SliceOfN(word, 0, 5).Draw(t, "after"), "")
		limit := rapid.IntRange(8, 20).Draw(t, "limit")
		if strings.Contains(text, "MARK1") {
			t.Skip("the text has the mark in it")
		}
		all := []byte(text + "MARK1\n" + after)

		var whole, chunked, stray []string
		collect := func(lines []byte, cut func(left int) int, into, rest *[]string) {
			o := newOutput(1<<20, func(l string) { *rest = append(*rest, l) })
			o.lineLimit = limit
			marked := o.begin("MARK1", func(l string) { *into = append(*into, l) })
			for len(lines) > 0 {
				n := cut(len(lines))
				_, _ = o.Write(lines[:n])
				lines = lines[n:]
			}
			o.end()
			select {
			case <-marked:
			default:
				t.Fatal("the mark was not found")
			}
		}
		var ignored []string
		collect(all, func(left int) int { return left }, &whole, &ignored)
		collect(all, func(left int) int { return rapid.IntRange(1, left).Draw(t, "cut") }, &chunked, &stray)
		if diff := cmp.Diff(whole, chunked); diff != "" {
			t.Fatalf("lines in chunks differ from those in one piece (-one +chunks):\n%s", diff)
		}
		clean := func(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\n", "") }
		if got := strings.ReplaceAll(strings.Join(chunked, ""), "\uFFFD", ""); got != clean(text) {
			t.Fatalf("the lines contain %q, want the text %q", got, text)
		}
		if got := strings.ReplaceAll(strings.Join(stray, ""), "\uFFFD", ""); got != clean(after) {
			t.Fatalf("the output after the mark is %q, want %q", got, after)
		}
		for _, line := range chunked {
			if !utf8.ValidString(line) {
				t.Fatalf("line %q is not UTF-8", line)
			}
		}
	})
}

func TestOutputLimits(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		budget  int
		printed string
		want    []string
	}{
		"short":                     {1000, "abc\n", []string{"abc"}},
		"just the limit":            {1000, "01234567\n", []string{"01234567"}},
		"one more":                  {1000, "012345678\n", []string{"01234567", "8"}},
		"three pieces":              {1000, "0123456701234567abc\n", []string{"01234567", "01234567", "abc"}},
		"a character at the cut":    {1000, "0123456é\n", []string{"0123456", "é"}},
		"no UTF-8 at the cut":       {1000, "0123456\x80\x80\x80\x80\n", []string{"0123456\uFFFD", "\uFFFD"}},
		"the budget used up":        {8, "abc\ndef\n", []string{"abc", "def"}},
		"one byte over the budget":  {7, "abc\ndef\n", []string{"abc", "de", "[truncated: the log of a call is cut at 7 bytes]"}},
		"empty lines over":          {2, "\n\n\n\n", []string{"", "", "[truncated: the log of a call is cut at 2 bytes]"}},
		"a character at the budget": {3, "aé\n", []string{"a", "[truncated: the log of a call is cut at 3 bytes]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			o := newOutput(tc.budget, func(l string) { t.Errorf("line %q between calls", l) })
			o.lineLimit = 8
			marked := o.begin("M", func(l string) { got = append(got, l) })
			_, _ = o.Write([]byte(tc.printed + "M\n"))
			<-marked
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadFrame(t *testing.T) {
	t.Parallel()
	frame := func(size uint32, body string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, size), body...)
	}
	for name, tc := range map[string]struct {
		bytes    []byte
		want     error
		response string
	}{
		"whole":       {frame(8, `{"id":1} and more`), nil, ""},
		"response":    {frame(13, `{"id":1}`+"\n[\n2] and more"), nil, "[\n2]"},
		"nothing":     {nil, io.EOF, ""},
		"half header": {[]byte{0, 0}, io.ErrUnexpectedEOF, ""},
		"half body":   {frame(8, `{"id`), io.ErrUnexpectedEOF, ""},
		"too long":    {frame(1<<31, ""), errGarbled, ""},
		"no JSON":     {frame(3, "abc"), errGarbled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := readFrame(bytes.NewReader(tc.bytes), 100)
			if !errors.Is(err, tc.want) {
				t.Errorf("got error %v, want %v", err, tc.want)
			}
			if response := string(got.Response); response != tc.response {
				t.Errorf("response %q, want %q", response, tc.response)
			}
		})
	}
}

func TestFormatSize(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]string{1 << 20: "1 MiB", 3 << 20: "3 MiB", 64 << 10: "64 KiB", 1<<20 + 1: "1048577 bytes"} {
		if got := formatSize(size); got != want {
			t.Errorf("formatSize(%d) = %q, want %q", size, got, want)
		}
	}
}
