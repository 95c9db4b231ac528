package functions

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cogfn/cogfn/internal/ctxwait"
)

// callService is a service whose calls end at set times. It counts the requests for calls.
type callService struct {
	t       testing.TB
	latency time.Duration
	ends    map[CallID]time.Time
	// status returns the final status of a call. If it is nil, the status is Completed.
	status func(CallID) string
	// fail returns a response or an error instead, or nil for none.
	fail func(req *http.Request, functionID int64) (*http.Response, error)

	mu       sync.Mutex
	requests int
	keys     int // ids in all requests
	most     int // ids in the largest request
}

func (s *callService) RoundTrip(req *http.Request) (*http.Response, error) {
	parts := strings.Split(req.URL.Path, "/")
	functionID, err := strconv.ParseInt(parts[len(parts)-3], 10, 64)
	if err != nil || parts[len(parts)-1] != "byids" {
		s.t.Errorf("unexpected request to %s", req.URL.Path)
	}
	var body struct {
		Items            []struct{ ID int64 }
		IgnoreUnknownIDs bool
	}
	if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
		s.t.Error(err)
	}
	s.mu.Lock()
	s.requests++
	s.keys += len(body.Items)
	s.most = max(s.most, len(body.Items))
	s.mu.Unlock()
	if s.latency > 0 {
		if err := ctxwait.Sleep(req.Context(), s.latency); err != nil {
			return nil, err
		}
	}
	if s.fail != nil {
		if resp, err := s.fail(req, functionID); resp != nil || err != nil {
			return resp, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[int64]bool{}
	var items []string
	for _, item := range body.Items {
		if seen[item.ID] {
			s.t.Errorf("call %d is twice in one request", item.ID)
		}
		seen[item.ID] = true
		end, known := s.ends[CallID{functionID, item.ID}]
		switch {
		case !known:
		case time.Now().Before(end):
			items = append(items, fmt.Sprintf(`{"id":%d,"functionId":%d,"status":"Running","startTime":1}`, item.ID, functionID))
		default:
			status := "Completed"
			if s.status != nil {
				status = s.status(CallID{functionID, item.ID})
			}
			items = append(items, fmt.Sprintf(`{"id":%d,"functionId":%d,"status":%q,"startTime":1,"endTime":%d}`, item.ID, functionID, status, end.UnixMilli()))
		}
	}
	if len(items) < len(body.Items) && !body.IgnoreUnknownIDs {
		return errorResponse(400, "unknown")(req)
	}
	return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
}

// spread adds calls that end at random times within a period from now on. It returns their ids.
func (s *callService) spread(calls, functions int, over time.Duration, random *rand.Rand) []CallID {
	s.ends = map[CallID]time.Time{}
	ids := make([]CallID, calls)
	for i := range ids {
		ids[i] = CallID{FunctionID: int64(1 + i%functions), ID: int64(1 + i)}
		s.ends[ids[i]] = time.Now().Add(time.Duration(random.Int64N(int64(over))))
	}
	return ids
}

// endOf returns the end of a call. If the call has none yet, endOf sets it to end.
func (s *callService) endOf(id CallID, end time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.ends[id]; !known {
		s.ends[id] = end
	}
	return s.ends[id]
}
