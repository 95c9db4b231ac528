package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// readData reads the value of --data: JSON, @FILE, or - for standard input; "" is an empty object.
func readData(ctx context.Context, value string, stdin io.Reader) (json.RawMessage, error) {
	raw, from := []byte(value), "--data"
	var err error
	switch {
	case value == "":
		return json.RawMessage("{}"), nil
	case value == "-":
		from = "standard input"
		raw, err = readAll(ctx, stdin)
	case value == "@":
		return nil, usageError{errors.New("--data @ lacks the file's name; give one such as --data @input.json")}
	case strings.HasPrefix(value, "@"):
		from = value[1:]
		raw, err = os.ReadFile(from)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("the data cannot be read: %w", err)}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // the mark that some editors put before a text in UTF-8
	if err := checkObject(raw); err != nil {
		return nil, usageError{fmt.Errorf("%s is not a JSON object: %w; give one such as --data '{\"name\": \"Ada\"}'", from, err)}
	}
	return raw, nil
}

// readAll is io.ReadAll that ctx can end, although a read cannot be: then the rest is left to the end of the program.
func readAll(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		raw []byte
		err error
	}
	read := make(chan result, 1)
	go func() {
		raw, err := io.ReadAll(r)
		read <- result{raw, err}
	}()
	select {
	case got := <-read:
		return got.raw, got.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// checkObject looks at no more than the syntax and the first character, so that any number of digits will do.
func checkObject(raw []byte) error {
	if bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}) {
		return errors.New("it is encoded in UTF-16, and must be in UTF-8")
	}
	var value json.RawMessage
	if err := json.Unmarshal(raw, &value); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("%w at %s", err, position(raw, syntax.Offset))
		}
		return err
	}
	switch value[0] {
	case '{':
		return nil
	case '[':
		return errors.New("it is a list")
	case '"':
		return errors.New("it is a text")
	case 'n':
		return errors.New("it is null")
	case 't', 'f':
		return errors.New("it is a truth value")
	default:
		return errors.New("it is a number")
	}
}

// position says where in raw the byte before offset stands.
func position(raw []byte, offset int64) string {
	before := raw[:max(0, min(int(offset)-1, len(raw)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", line, column)
}

// readPairs reads the values of --secret and --env: KEY=VALUE, or KEY alone for the value of that environment variable.
func readPairs(flag string, values []string) (map[string]string, error) {
	pairs := make(map[string]string, len(values))
	for _, given := range values {
		key, value, explicit := strings.Cut(given, "=")
		if key == "" {
			return nil, usageError{fmt.Errorf("%s needs KEY=VALUE; the key is missing", flag)}
		}
		if !explicit {
			var set bool
			if value, set = os.LookupEnv(key); !set {
				return nil, usageError{fmt.Errorf("%s %s has no value and there is no such environment variable; give %s %s=VALUE", flag, key, flag, key)}
			}
		}
		if _, twice := pairs[key]; twice {
			return nil, usageError{fmt.Errorf("%s gives %s twice; give it once", flag, key)}
		}
		pairs[key] = value
	}
	return pairs, nil
}
