package jsonobject

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// DecodeBody decodes the body of a successful response. An empty body is accepted for an *Empty only.
func (c Codec) DecodeBody(body []byte, contentType string, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		if _, empty := v.(*Empty); empty {
			return nil
		}
		return errors.New("the body is empty")
	}
	err := c.Unmarshal(body, v)
	if e, ok := errors.AsType[*Error](err); ok && e.syntax && !strings.Contains(contentType, "json") {
		kind, _, _ := strings.Cut(contentType, ";")
		return fmt.Errorf("the body is %s instead of JSON; check that the base URL is that of the service, not of a proxy or a login page",
			orUnknown(kind))
	}
	return err
}

func orUnknown(contentType string) string {
	if contentType == "" {
		return "of no content type"
	}
	return contentType
}
