package service

import (
	"errors"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/gen"
)

func TestEveryFilterFieldIsCompared(t *testing.T) {
	t.Parallel()
	for _, mismatch := range slices.Concat(functionFilter.mismatches(), callFilter.mismatches(), scheduleFilter.mismatches()) {
		t.Errorf("%s; add the field to the read type, or a rule to matchFor", mismatch)
	}
	generated, err := os.ReadFile("../../../gen/gen.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("filter.go")
	if err != nil {
		t.Fatal(err)
	}
	types := regexp.MustCompile(`(?m)^type (\w+Filter) struct`).FindAllStringSubmatch(string(generated), -1)
	if len(types) < 3 {
		t.Fatalf("the generated filters are %v", types)
	}
	for _, match := range types {
		if !strings.Contains(string(source), "newFilter[gen."+match[1]+",") {
			t.Errorf("emulator/internal/service/filter.go: add a filter for gen.%s", match[1])
		}
	}
}

// item and itemFilter are like types that are generated from another description.
type (
	item struct {
		Name    string            `json:"name"`
		Region  *string           `json:"region,omitempty"`
		Status  *gen.SessionType  `json:"status,omitempty"`
		Cores   *float64          `json:"cores,omitempty"`
		Active  *bool             `json:"active,omitempty"`
		Started int64             `json:"started"`
		Ended   *int64            `json:"ended,omitempty"`
		Pairs   map[string]string `json:"pairs,omitempty"`
		Lists   []string          `json:"lists,omitempty"`
	}
	itemFilter struct {
		Name         *string             `json:"name,omitempty"`
		NamePrefix   *string             `json:"namePrefix,omitempty"`
		Region       *string             `json:"region,omitempty"`
		RegionPrefix *string             `json:"regionPrefix,omitempty"`
		Status       *gen.SessionType    `json:"status,omitempty"`
		Cores        *float64            `json:"cores,omitempty"`
		Active       *bool               `json:"active,omitempty"`
		Started      *gen.TimestampRange `json:"started,omitempty"`
		Ended        *gen.TimestampRange `json:"ended,omitempty"`
		Pairs        map[string]string   `json:"pairs,omitempty"`
		// These cannot be compared.
		Color       *string             `json:"color,omitempty"`
		CoresPrefix *string             `json:"coresPrefix,omitempty"`
		Lists       []string            `json:"lists,omitempty"`
		Prefix      *gen.TimestampRange `json:"prefix,omitempty"`
	}
)

func TestFilter(t *testing.T) {
	t.Parallel()
	span := func(from, to int64) *gen.TimestampRange { return &gen.TimestampRange{Min: &from, Max: &to} }
	full := item{
		Name: "abc", Region: new("west"), Status: new(gen.SessionTypeTokenExchange), Cores: new(1.5), Active: new(true),
		Started: 100, Ended: new(int64(200)), Pairs: map[string]string{"a": "1", "b": "2"},
	}
	for what, test := range map[string]struct {
		filter         *itemFilter
		full, nameOnly bool // whether it matches an item with every field, and one with a name only
	}{
		"no filter":             {nil, true, true},
		"empty filter":          {&itemFilter{}, true, true},
		"string":                {&itemFilter{Name: new("abc")}, true, true},
		"other string":          {&itemFilter{Name: new("ab")}, false, false},
		"prefix":                {&itemFilter{NamePrefix: new("ab")}, true, true},
		"whole prefix":          {&itemFilter{NamePrefix: new("abc")}, true, true},
		"other prefix":          {&itemFilter{NamePrefix: new("bc")}, false, false},
		"optional string":       {&itemFilter{Region: new("west")}, true, false},
		"other optional string": {&itemFilter{Region: new("east")}, false, false},
		"empty string":          {&itemFilter{Region: new("")}, false, true},
		"optional prefix":       {&itemFilter{RegionPrefix: new("we")}, true, false},
		"empty prefix":          {&itemFilter{RegionPrefix: new("")}, true, false},
		"enum":                  {&itemFilter{Status: new(gen.SessionTypeTokenExchange)}, true, false},
		"number":                {&itemFilter{Cores: new(1.5)}, true, false},
		"other number":          {&itemFilter{Cores: new(2.0)}, false, false},
		"boolean":               {&itemFilter{Active: new(true)}, true, false},
		"false":                 {&itemFilter{Active: new(false)}, false, true},
		"range":                 {&itemFilter{Started: span(99, 101)}, true, false},
		"range, lowest":         {&itemFilter{Started: span(100, 101)}, true, false},
		"range, highest":        {&itemFilter{Started: span(99, 100)}, true, false},
		"range, too high":       {&itemFilter{Started: span(101, 102)}, false, false},
		"range, too low":        {&itemFilter{Started: span(98, 99)}, false, false},
		"range without ends":    {&itemFilter{Ended: &gen.TimestampRange{}}, true, false},
		"range of optional":     {&itemFilter{Ended: span(200, 200)}, true, false},
		"pairs":                 {&itemFilter{Pairs: map[string]string{"a": "1"}}, true, false},
		"other pairs":           {&itemFilter{Pairs: map[string]string{"a": "1", "b": "3"}}, false, false},
		"unknown key":           {&itemFilter{Pairs: map[string]string{"c": ""}}, false, false},
		"no pairs":              {&itemFilter{Pairs: map[string]string{}}, true, true},
		"several fields":        {&itemFilter{Name: new("abc"), Region: new("west"), Started: span(1, 1000)}, true, false},
		"one of several":        {&itemFilter{Name: new("abc"), Region: new("east")}, false, false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			matches, err := newFilter[itemFilter, item]().compile(test.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := matches(&full); got != test.full {
				t.Errorf("the item with every field: %v, want %v", got, test.full)
			}
			if got := matches(&item{Name: "abc"}); got != test.nameOnly {
				t.Errorf("the item with a name only: %v, want %v", got, test.nameOnly)
			}
		})
	}
}

// A filter that cannot be compared must not match everything.
func TestFilterWithUnknownField(t *testing.T) {
	t.Parallel()
	filter := newFilter[itemFilter, item]()
	if mismatches := filter.mismatches(); len(mismatches) != 4 {
		t.Errorf("mismatches: %q", mismatches)
	}
	for name, want := range map[string]*itemFilter{
		"color": {Color: new("red")}, "coresPrefix": {CoresPrefix: new("1")}, "lists": {Lists: []string{"a"}}, "prefix": {Prefix: &gen.TimestampRange{}},
	} {
		_, err := filter.compile(want)
		problem, ok := errors.AsType[*envelope.Error](err)
		if !ok || problem.Status != http.StatusInternalServerError || !strings.Contains(problem.Message, "emulator/internal/service/filter.go") ||
			!strings.Contains(problem.Message, `"`+name+`"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
