package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Bounds of the description that several requests need.
const (
	mostReferences = 10     // functions in one request
	mostFiles      = 1000   // files in one request
	mostLinks      = 100    // download links in one request
	mostSessions   = 1000   // sessions in one request
	mostIDs        = 10_000 // calls or schedules in one request
)

// object is the JSON of a request.
type object map[string]any

func (o object) String() string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // cannot happen: texts, numbers, lists and objects encode
	}
	return string(text)
}

func text(length int) string { return strings.Repeat("a", length) }

// many makes a list of n values.
func many[T any](n int, value func(i int) T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = value(i)
	}
	return list
}

func number(i int) int { return i + 1 }

func byID(i int) object { return object{"id": number(i)} }

// pairs makes an object with n properties.
func pairs(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf("key%d", i)] = "value"
	}
	return all
}

// noneOf makes references to n things that do not exist, so that deleting them harms nobody.
func (s *scenario) noneOf(n int) []object {
	return many(n, func(i int) object { return object{"externalId": fmt.Sprintf("%s-none-%d", s.Name, i)} })
}

// cron makes an expression of a length. Whether a service takes the leading zeros does not matter here.
func cron(length int) string { return strings.Repeat("0", length-len(" 0 1 1 *")) + " 0 1 1 *" }

// function is one to create, whose file does not exist.
func (s *scenario) function() object { return object{"name": s.Name, "fileId": json.Number(nobody)} }

func (s *scenario) scheduleToCreate() object {
	return object{"name": s.Name, "cronExpression": yearly, "functionId": json.Number(nobody), "nonce": "not-a-nonce"}
}

func (s *scenario) file() object {
	return object{"name": s.Name, "externalId": s.Name + "-refused"}
}

// with copies an object and adds a property.
func (o object) with(name string, value any) object {
	c := object{name: value}
	for key, v := range o {
		if key != name {
			c[key] = v
		}
	}
	return c
}

func one(item object) object { return object{"items": []object{item}} }

func items[T any](list []T) object { return object{"items": list} }

// ignoring asks to leave unknown ids out.
func (o object) ignoring() object { return o.with("ignoreUnknownIds", true) }

// bounds sends values that lie exactly at the bounds. Most of them name things that do not exist, so that nothing is made:
// what is refused is the thing, not the value.
func (s *scenario) bounds() error {
	longest := s.function().with("name", text(140)).with("owner", text(128)).with("description", text(500)).
		with("functionPath", text(500)).with("externalId", text(255)).with("secrets", pairs(30)).with("envVars", pairs(100))
	schedule := s.scheduleToCreate().with("name", text(140)).with("description", text(500)).with("cronExpression", cron(1024))
	errs := []error{
		answered(s.send("POST", "/functions", one(longest).String())),
		answered(s.send("POST", "/functions", one(object{"name": "a", "fileId": 1}).String())),
		answered(s.send("GET", "/functions/1", "")),
		s.send("POST", "/functions/list", `{"filter": {"name": "a", "createdTime": {"min": 0, "max": 0}}, "limit": 1}`),
		s.send("GET", "/functions/schedules?limit=1", ""),
		s.send("POST", "/functions/byids", items(s.noneOf(mostReferences)).ignoring().String()),
		answered(s.send("POST", "/functions/schedules", one(schedule).String())),
		answered(s.send("POST", "/functions/schedules", one(s.scheduleToCreate().with("name", "a")).String())),
		s.send("GET", "/sessions?limit=1000", ""),
		answered(s.send("POST", "/files/downloadlink", items(s.noneOf(mostLinks)).String())),
	}
	for _, instance := range []object{
		{"space": text(43), "externalId": text(255)}, {"space": "a", "externalId": "a"},
	} {
		errs = append(errs, s.send("POST", "/files/byids", one(object{"instanceId": instance}).ignoring().String()))
	}
	return errors.Join(append(errs, s.fileBounds())...)
}

func (s *scenario) fileBounds() error {
	longest := s.file().with("name", text(256)).with("directory", "/"+text(511)).with("source", text(128)).
		with("mimeType", "text/"+text(251)).with("sourceCreatedTime", 0)
	if s.Emulated {
		longest = longest.with("assetIds", many(1000, number)).with("securityCategories", many(100, number)).
			with("labels", many(10, func(i int) object { return object{"externalId": fmt.Sprintf("label%d", i)} }))
	}
	errs := []error{s.send("POST", "/files", longest.String())}
	if s.Emulated {
		errs = append(errs, s.send("POST", "/files?overwrite=true", s.file().with("assetIds", []int{1}).String()))
	}
	return errors.Join(errs...)
}

// longestLists asks for as many things at once as may be.
func (s *scenario) longestLists() error {
	return errors.Join(
		s.send("POST", fmt.Sprintf("/functions/%d/calls/byids", s.echo.ID), items(many(mostIDs, byID)).ignoring().String()),
		s.send("POST", "/functions/schedules/byids", items(many(mostIDs, byID)).ignoring().String()),
		answered(s.send("POST", "/sessions/byids", items(many(mostSessions, byID)).String())),
		s.send("POST", "/files/byids", items(many(mostFiles, byID)).ignoring().String()),
		s.send("POST", "/files/delete", items(s.noneOf(mostFiles)).ignoring().String()),
	)
}
