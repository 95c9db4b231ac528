package functions

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/cogfn/cogfn/gen"
)

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		id    Identifier
		text  string
		field string // the field of the error, or "" for a valid identifier
	}{
		"id":                   {ID(42), "id 42", ""},
		"largest id":           {ID(1<<53 - 1), "id 9007199254740991", ""},
		"too large id":         {ID(1 << 53), "id 9007199254740992", "id"},
		"negative id":          {ID(-1), "id -1", "id"},
		"zero id":              {ID(0), "id 0", "identifier"},
		"external id":          {ExternalID("a/b c"), "external id a/b c", ""},
		"longest external id":  {ExternalID(strings.Repeat("ø", gen.ExternalIDMaxLength)), "external id " + strings.Repeat("ø", gen.ExternalIDMaxLength), ""},
		"too long external id": {ExternalID(strings.Repeat("a", gen.ExternalIDMaxLength+1)), "external id " + strings.Repeat("a", gen.ExternalIDMaxLength+1), "external id"},
		"empty external id":    {ExternalID(""), "id 0", "identifier"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, "text", test.id.String(), test.text)
			if test.field == "" {
				check(t, "error", test.id.check(), nil)
				return
			}
			c, _ := newFakeClient(t, nil)
			_, function := c.Retrieve(t.Context(), test.id)
			_, call := c.Start(t.Context(), test.id, nil)
			_, file := c.Files.Retrieve(t.Context(), test.id)
			_, content := c.Files.Download(t.Context(), test.id)
			deleted, deletedFile := c.Delete(t.Context(), []Identifier{test.id}), c.Files.Delete(t.Context(), []Identifier{test.id})
			for _, err := range []error{function, call, file, content, deleted, deletedFile} {
				check(t, "field", errorAs[*ArgumentError](t, err).Field, test.field)
				checkMessage(t, err)
			}
		})
	}
}

func TestInvalidIDsAreRejected(t *testing.T) {
	t.Parallel()
	c, _ := newFakeClient(t, nil)
	ctx := t.Context()
	for name, do := range map[string]func() error{
		"response":                 func() error { return errorOf(c.Calls.Response(ctx, Identifier{}, 0)) },
		"logs":                     func() error { return errorOf(c.Calls.Logs(ctx, ID(42), 0)) },
		"followed logs":            func() error { return errorOf(collect(c.Calls.FollowLogs(ctx, ID(42), 0))) },
		"wait":                     func() error { return errorOf(c.Calls.Wait(ctx, ID(42), 0)) },
		"calls":                    func() error { return errorOf(c.Calls.RetrieveMultiple(ctx, ID(42), []int64{1, 0})) },
		"calls of a function":      func() error { return errorOf(c.Calls.RetrieveMultiple(ctx, ID(-1), []int64{1})) },
		"schedules":                func() error { return errorOf(c.Schedules.RetrieveMultiple(ctx, []int64{0})) },
		"deleted schedules":        func() error { return c.Schedules.Delete(ctx, []int64{1 << 53}) },
		"input data of a schedule": func() error { return errorOf(c.Schedules.InputData(ctx, 0)) },
		"session":                  func() error { return errorOf(c.Sessions.Retrieve(ctx, 0)) },
		"revoked sessions":         func() error { return errorOf(c.Sessions.Revoke(ctx, []int64{5, -5})) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkKinds(t, do(), ErrInvalid)
		})
	}
}

// Duplicate ids are sent once, because the API rejects duplicates. The result has the order and the number of the arguments.
func TestDuplicateIDsAreSentOnce(t *testing.T) {
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
			r.Fatalf("ids (-want +got):\n%s", diff)
		}
		for id, times := range sent {
			if times != 1 {
				r.Fatalf("id %d was sent %d times, want once", id, times)
			}
		}
	})
}

// inOrder returns the found items in the order of the ids, and the ids without an item.
func TestInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfDistinct(rapid.Int64Range(1, 40), rapid.ID[int64]).Draw(t, "ids")
		found := rapid.Permutation(ids).Draw(t, "found")
		found = found[:rapid.IntRange(0, len(found)).Draw(t, "known")]
		pointers := each(found, func(id int64) *int64 { return &id })
		ordered, missing := inOrder(ids, pointers, func(id *int64) int64 { return *id })
		got := each(ordered, func(id *int64) int64 { return *id })
		isFound := func(id int64) bool { return slices.Contains(found, id) }
		want := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !isFound(id) })
		wantMissing := slices.DeleteFunc(slices.Clone(ids), isFound)
		if !slices.Equal(got, want) || !slices.Equal(missing, wantMissing) {
			t.Fatalf("inOrder = %v, missing %v, want %v, missing %v", got, missing, want, wantMissing)
		}
	})
}
