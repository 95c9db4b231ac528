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

// readData reads the value of --data: JSON, @FILE, or - for standard input. The value "" is an empty object.
func readData(ctx context.Context, value string, stdin io.Reader) (json.RawMessage, error) {
	raw, source := []byte(value), "--data"
	var err error
	switch {
	case value == "":
		return json.RawMessage("{}"), nil
	case value == "-":
		source = "standard input"
		raw, err = readAll(ctx, stdin)
	case value == "@":
		return nil, usageError{errors.New("--data @ has no file name; use --data @input.json")}
	case strings.HasPrefix(value, "@"):
		source = value[1:]
		raw, err = os.ReadFile(source)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("cannot read the input of --data: %w", err)}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff")) // the byte order mark, which some editors write
	if err := checkObject(raw); err != nil {
		return nil, usageError{fmt.Errorf("%s is not a JSON object: %w; use a JSON object, such as --data '{\"name\": \"Ada\"}'", source, err)}
	}
	return raw, nil
}

// readAll is io.ReadAll with a context. A read cannot be canceled: if ctx ends, the goroutine runs until the program exits.
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

// checkObject checks the syntax and the first character only, so it accepts numbers with any number of digits.
func checkObject(raw []byte) error {
	if bytes.HasPrefix(raw, []byte{0xff, 0xfe}) || bytes.HasPrefix(raw, []byte{0xfe, 0xff}) {
		return errors.New("it is encoded in UTF-16; it must be in UTF-8")
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
		return errors.New("it is an array")
	case '"':
		return errors.New("it is a string")
	case 'n':
		return errors.New("it is null")
	case 't', 'f':
		return errors.New("it is a boolean")
	default:
		return errors.New("it is a number")
	}
}

// position returns the line and column of the byte before offset.
func position(raw []byte, offset int64) string {
	before := raw[:max(0, min(int(offset)-1, len(raw)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("line %d, column %d", line, column)
}

// readPairs reads the values of --secret and --env: KEY=VALUE, or KEY for the value of that environment variable.
func readPairs(flag string, values []string) (map[string]string, error) {
	pairs := make(map[string]string, len(values))
	for _, given := range values {
		key, value, explicit := strings.Cut(given, "=")
		if key == "" {
			return nil, usageError{fmt.Errorf("%s has no key; use %s KEY=VALUE", flag, flag)}
		}
		if !explicit {
			var set bool
			if value, set = os.LookupEnv(key); !set {
				return nil, usageError{fmt.Errorf("%s %s has no value, and the environment variable is not set; use %s %s=VALUE", flag, key, flag, key)}
			}
		}
		if _, twice := pairs[key]; twice {
			return nil, usageError{fmt.Errorf("%s has the key %s twice; use each key once", flag, key)}
		}
		pairs[key] = value
	}
	return pairs, nil
}
