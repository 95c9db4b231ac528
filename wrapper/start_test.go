package functions

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// sized is a JSON object of n bytes, n being at least 8.
func sized(n int) json.RawMessage {
	return json.RawMessage(`{"a":"` + strings.Repeat("x", n-8) + `"}`)
}

// The limit counts the bytes that are sent, for calls and for schedules.
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
			t.Run(fmt.Sprintf("%s of %d", name, limit), func(t *testing.T) {
				t.Parallel()
				done := respond(201, runningCall)
				if name == "schedule" {
					done = respond(201, oneSchedule)
				}
				c, _ := newFakeClient(t, []responder{respond(200, oneSession), done, respond(200, oneSession), done}, WithPayloadLimit(limit))
				spaced := append(append(json.RawMessage("  \n"), sized(limit)...), "\n"...) // white space is not sent
				for _, fits := range []json.RawMessage{sized(limit), spaced} {
					if err := send(t.Context(), c, fits); err != nil {
						t.Errorf("%d bytes: %v", limit, err)
					}
				}
				err := send(t.Context(), c, sized(limit+1))
				check(t, "error", errorAs[*ArgumentError](t, err).Error(),
					fmt.Sprintf("functions: data has %d bytes; at most %d are allowed: upload the data as a file and pass its id", limit+1, limit))
				checkKinds(t, err, ErrInvalid)
			})
		}
	}
}

func TestPayloadLimitByDefault(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	check(t, "limit", c.payload, PayloadGoogle)
	_, err := c.Start(t.Context(), ID(42), sized(PayloadGoogle+1))
	checkKinds(t, err, ErrInvalid)
}

func TestPayloadLimitThatIsNone(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, -1} {
		_, err := NewClient(Config{Cluster: "c", Project: "p", TokenSource: StaticToken("t")}, WithPayloadLimit(n))
		check(t, "error", fmt.Sprint(err), fmt.Sprintf("functions: cannot make a client: WithPayloadLimit was given %d; it must be above zero", n))
	}
}
