package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// readData reads the value of --data: JSON, @FILE, or - for standard input; "" is an empty object.
func readData(value string, stdin io.Reader) (json.RawMessage, error) {
	raw, from := []byte(value), "--data"
	var err error
	switch {
	case value == "":
		return json.RawMessage("{}"), nil
	case value == "-":
		from = "standard input"
		raw, err = io.ReadAll(stdin)
	case strings.HasPrefix(value, "@"):
		from = value[1:]
		raw, err = os.ReadFile(from)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("the data cannot be read: %w", err)}
	}
	if err := checkObject(raw); err != nil {
		return nil, usageError{fmt.Errorf("%s is not a JSON object: %w; give one such as --data '{\"name\": \"Ada\"}'", from, err)}
	}
	return raw, nil
}

func checkObject(raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return fmt.Errorf("%w at %s", err, position(raw, syntax.Offset))
		}
		return err
	}
	switch v.(type) {
	case map[string]any:
		return nil
	case []any:
		return errors.New("it is a list")
	case string:
		return errors.New("it is a text")
	case nil:
		return errors.New("it is null")
	case bool:
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
