package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// dataOfSize returns a JSON object of n bytes, at least 8.
func dataOfSize(n int) json.RawMessage {
	return json.RawMessage(`{"a":"` + strings.Repeat("x", n-8) + `"}`)
}

// The limit applies to the bytes that the client sends, for calls and for schedules.
func TestPayloadLimit(t *testing.T) {
	t.Parallel()
	senders := map[string]func(ctx context.Context, c *Client, data json.RawMessage) error{
		"call": func(ctx context.Context, c *Client, data json.RawMessage) error {
			_, err := c.Start(ctx, ID(42), data)
			return err
		},
		"schedule": func(ctx context.Context, c *Client, data json.RawMessage) error {
			w := nightlyWrite()
			w.Data = data
			_, err := c.Schedules.Create(ctx, ID(42), w)
			return err
		},
	}
	for _, limit := range []int{8, 100, PayloadAzure} {
		for name, send := range senders {
			t.Run(fmt.Sprintf("%s with %d bytes", name, limit), func(t *testing.T) {
				t.Parallel()
				created := respond(201, runningCall)
				if name == "schedule" {
					created = respond(201, oneSchedule)
				}
				c, _ := newFakeClient(t, []responder{respond(200, oneSession), created, respond(200, oneSession), created}, WithPayloadLimit(limit))
				spaced := append(append(json.RawMessage("  \n"), dataOfSize(limit)...), "\n"...) // the client does not send white space
				for _, fits := range []json.RawMessage{dataOfSize(limit), spaced} {
					if err := send(t.Context(), c, fits); err != nil {
						t.Errorf("%d bytes: %v", limit, err)
					}
				}
				err := send(t.Context(), c, dataOfSize(limit+1))
				check(t, "field", errorAs[*ArgumentError](t, err).Field, "data")
				checkKinds(t, err, ErrInvalid)
				checkMessage(t, err, fmt.Sprintf("%d bytes", limit+1), fmt.Sprintf("at most %d", limit))
			})
		}
	}
}

func TestDefaultPayloadLimit(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	check(t, "limit", c.payload, PayloadGoogle)
	_, err := c.Start(t.Context(), ID(42), dataOfSize(PayloadGoogle+1))
	checkKinds(t, err, ErrInvalid)
}

func TestInvalidPayloadLimit(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, -1} {
		_, err := NewClient(Config{Cluster: "c", Project: "p", TokenSource: StaticToken("t")}, WithPayloadLimit(n))
		checkMessage(t, err, fmt.Sprintf("WithPayloadLimit(%d)", n))
	}
}
