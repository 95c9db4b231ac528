// Package bench compares the client with handwritten code for the same work. Compare only results of the same run:
//
//	go test -run '^$' -bench . -benchmem ./tests/bench
package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

// call has the fields of a call, as a program without cogfn would declare them.
type call struct {
	ID            int64           `json:"id"`
	FunctionID    int64           `json:"functionId"`
	Status        string          `json:"status"`
	StartTime     int64           `json:"startTime"`
	EndTime       *int64          `json:"endTime,omitempty"`
	ScheduledTime *int64          `json:"scheduledTime,omitempty"`
	ScheduleID    *int64          `json:"scheduleId,omitempty"`
	Error         json.RawMessage `json:"error,omitempty"`
}

type callPage struct {
	Items []call `json:"items"`
}

// pageSize is the number of calls that the wrapper asks for in each request.
const pageSize = 1_000

// page returns a page of calls. more is put into each call.
func page(more string) []byte {
	items := make([]string, pageSize)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":%d,"functionId":5443248314258712,"status":"Completed","startTime":1700000000000,`+
			`"endTime":1700000001000,"scheduledTime":1700000000000,"scheduleId":44%s}`, 1000+i, more)
	}
	return []byte(`{"items":[` + strings.Join(items, ",") + `]}`)
}

const unknownField = `,"region":"europe-west1"`

// transport responds to each request with the same body.
type transport []byte

func (body transport) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(string(body))), ContentLength: int64(len(body)),
	}, nil
}

func BenchmarkPage(b *testing.B) {
	body := page("")
	b.Run("by hand", func(b *testing.B) {
		client := &http.Client{Transport: transport(body)}
		b.ReportAllocs()
		for b.Loop() {
			if calls, err := byHand(b.Context(), client); err != nil || len(calls) != pageSize {
				b.Fatal(len(calls), err)
			}
		}
	})
	b.Run("wrapper", func(b *testing.B) {
		client, err := functions.NewClient(functions.Config{Cluster: "api", Project: "p", TokenSource: functions.StaticToken("t")},
			functions.WithHTTPClient(&http.Client{Transport: transport(body)}))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			calls, err := client.Calls.List(b.Context(), functions.ID(1), functions.CallsFilter{}, functions.WithLimit(pageSize))
			if err != nil || len(calls) != pageSize {
				b.Fatal(len(calls), err)
			}
		}
	})
}

func byHand(ctx context.Context, client *http.Client) ([]call, error) {
	request, err := json.Marshal(map[string]any{"limit": pageSize})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.example.com/list", strings.NewReader(string(request)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer t")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var page callPage
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, err
	}
	return page.Items, nil
}

func BenchmarkDecode(b *testing.B) {
	for name, body := range map[string][]byte{"known fields": page(""), "an unknown field": page(unknownField)} {
		b.Run(name+"/plain struct", func(b *testing.B) { decode[callPage](b, body) })
		b.Run(name+"/generated", func(b *testing.B) { decode[gen.FunctionCallPage](b, body) })
	}
}

func decode[T any](b *testing.B, body []byte) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if err := json.Unmarshal(body, new(T)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, body := range map[string][]byte{"known fields": page(""), "an unknown field": page(unknownField)} {
		b.Run(name+"/plain struct", func(b *testing.B) { encode[callPage](b, body) })
		b.Run(name+"/generated", func(b *testing.B) { encode[gen.FunctionCallPage](b, body) })
	}
}

func encode[T any](b *testing.B, body []byte) {
	b.Helper()
	var value T
	if err := json.Unmarshal(body, &value); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(value); err != nil {
			b.Fatal(err)
		}
	}
}
