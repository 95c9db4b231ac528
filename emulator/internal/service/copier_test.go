package service

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryWrittenFieldIsCopied(t *testing.T) {
	t.Parallel()
	for what, mismatch := range map[string]string{
		"function": functionCopier.mismatch, "schedule": scheduleCopier.mismatch, "file": fileCopier.mismatch, "uploaded file": fileUploadCopier.mismatch,
	} {
		if mismatch != "" {
			t.Errorf("emulator/internal/service/copier.go: the field %s of a %s has another type in the read type; convert it in copier.copy", mismatch, what)
		}
	}
}

// fields and view are like types that are generated from another description.
type (
	fields struct {
		Name   string            `json:"name"`
		Region *string           `json:"region,omitempty"`
		Owner  *string           `json:"owner,omitempty"`
		Number int64             `json:"number"`
		Count  *int64            `json:"count,omitempty"`
		Pairs  map[string]string `json:"pairs,omitempty"`
		Secret *string           `json:"secret,omitempty"`
		Extra  map[string]string `json:"-"`
	}
	view struct {
		ID     int64             `json:"id"`
		Name   string            `json:"name"`
		Region *string           `json:"region,omitempty"`
		Owner  *string           `json:"owner,omitempty"`
		Number *int64            `json:"number,omitempty"`
		Count  int64             `json:"count"`
		Pairs  map[string]string `json:"pairs,omitempty"`
		Extra  map[string]string `json:"-"`
	}
)

func TestCopier(t *testing.T) {
	t.Parallel()
	c := newCopier[view, fields]()
	if c.mismatch != "" {
		t.Errorf("the field %s has another type", c.mismatch)
	}
	got := view{ID: 7}
	c.copy(&got, &fields{
		Name: "a", Region: new("west"), Number: 3, Count: new(int64(4)), Pairs: map[string]string{"k": "v"}, Secret: new("secret value"),
		Extra: map[string]string{"x": "y"},
	})
	want := view{ID: 7, Name: "a", Region: new("west"), Number: new(int64(3)), Count: 4, Pairs: map[string]string{"k": "v"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the view (-want +got):\n%s", diff)
	}
	c.copy(&got, &fields{Name: "b"})
	if got.Name != "b" || got.Count != 4 || got.Region != nil {
		t.Errorf("without optional fields: %+v", got)
	}
	type other struct {
		Name int `json:"name"`
	}
	if mismatch := newCopier[other, fields]().mismatch; mismatch != "Name" {
		t.Errorf("a field of another type: mismatch %q, want Name", mismatch)
	}
}

func TestDropEmpty(t *testing.T) {
	t.Parallel()
	got := fields{Name: "", Region: new(""), Owner: new("me"), Count: new(int64(0))}
	dropEmpty(&got)
	if diff := cmp.Diff(fields{Owner: new("me"), Count: new(int64(0))}, got); diff != "" {
		t.Errorf("the fields (-want +got):\n%s", diff)
	}
}
