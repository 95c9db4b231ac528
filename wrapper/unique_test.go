package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The API refuses repeated ids, so each id is sent once, whatever the caller asks for, and the result has the caller's
// order and number.
func TestRepeatedIDsAreSentOnce(t *testing.T) {
	t.Parallel()
	sent := map[int64]int{}
	c := newTestClient(t, transportFunc(func(req *http.Request) (*http.Response, error) {
		var body struct{ Items []struct{ ID int64 } }
		if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
			return nil, err
		}
		var items []string
		for _, item := range body.Items {
			sent[item.ID]++
			object := fmt.Sprintf(`{"id":%d,"name":"n","createdTime":1,"cronExpression":"0 3 * * *","when":"At 3:00","sessionId":5}`, item.ID)
			if strings.Contains(req.URL.Path, "/calls/") {
				object = fmt.Sprintf(`{"id":%d,"functionId":42,"status":"Running","startTime":1}`, item.ID)
			}
			items = append(items, object)
		}
		return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
	}), Config{})
	retrieve := map[string]func(ids []int64) ([]int64, error){
		"calls": func(ids []int64) ([]int64, error) {
			list, err := c.Calls.RetrieveMultiple(t.Context(), ID(42), ids)
			return list.IDs(), err
		},
		"schedules": func(ids []int64) ([]int64, error) {
			list, err := c.Schedules.RetrieveMultiple(t.Context(), ids)
			return list.IDs(), err
		},
	}
	rapid.Check(t, func(r *rapid.T) {
		clear(sent)
		ids := rapid.SliceOfN(rapid.Int64Range(1, 1_500), 1, 3_000).Draw(r, "ids")
		got, err := retrieve[rapid.SampledFrom([]string{"calls", "schedules"}).Draw(r, "kind")](ids)
		if err != nil {
			r.Fatal(err)
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			r.Fatalf("ids (-asked for +returned):\n%s", diff)
		}
		for id, times := range sent {
			if times != 1 {
				r.Fatalf("the id %d was sent %d times", id, times)
			}
		}
	})
}
