package functions

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Deployments are waited for together too, as many a request as the API allows; ids and external ids apart.
func TestManyDeployments(t *testing.T) {
	t.Parallel()
	const waiting = 2*gen.FunctionReferencesMaxItems + 4
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var requests atomic.Int32
		service := transportFunc(func(req *http.Request) (*http.Response, error) {
			requests.Add(1)
			var body struct {
				Items []struct {
					ID         int64
					ExternalID string
				}
			}
			if err := json.Unmarshal([]byte(recordRequest(req).Body), &body); err != nil {
				return nil, err
			}
			check(t, "at most as many as allowed", len(body.Items) <= gen.FunctionReferencesMaxItems, true)
			status := "Deploying"
			if time.Since(start) > 90*time.Second {
				status = "Ready"
			}
			var items []string
			for _, item := range body.Items {
				check(t, "of one kind", (item.ID == 0) == (body.Items[0].ID == 0), true)
				if item.ID == 0 {
					item.ID = 100 + int64(item.ExternalID[0])
				} else {
					item.ExternalID = "-"
				}
				if item.ID != 7 {
					items = append(items, fmt.Sprintf(`{"id":%d,"externalId":%q,"name":"f","fileId":1,"status":%q,"createdTime":1}`, item.ID, item.ExternalID, status))
				}
			}
			return respond(200, `{"items":[`+strings.Join(items, ",")+`]}`)(req)
		})
		c := newTestClient(t, service, Config{}, WithPoll(ConstantPoll(time.Minute)))
		var waits sync.WaitGroup
		for i := range int64(waiting) {
			waits.Go(func() {
				fn, err := c.WaitReady(t.Context(), ID(i+1))
				if i+1 == 7 {
					check(t, "unknown", errors.Is(err, ErrNotFound), true)
					return
				}
				if err != nil || fn.ID != i+1 || fn.Status != FunctionReady {
					t.Errorf("got %v, %v", fn, err)
				}
			})
		}
		waits.Go(func() {
			fn, err := c.WaitReady(t.Context(), ExternalID("a"))
			if err != nil || *fn.ExternalID != "a" {
				t.Errorf("got %v, %v", fn, err)
			}
		})
		waits.Wait()
		check(t, "requests", requests.Load(), 8)
		_, err := c.WaitReady(t.Context(), Identifier{})
		checkKinds(t, err, ErrInvalid)
	})
}
