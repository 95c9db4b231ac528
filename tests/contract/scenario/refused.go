package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	functions "github.com/cogfn/cogfn/wrapper"
)

// refusals sends requests that each break one rule of the description.
func (s *scenario) refusals() error {
	s.deleteFileLater(functions.ExternalID(s.Name + "-refused")) // should a service take what it ought to refuse
	return s.allRefused(slices.Concat(
		s.generalRefusals(), s.functionRefusals(), s.scheduleRefusals(), s.fileRefusals(), s.idRefusals(),
	))
}

func (s *scenario) allRefused(all []request) error {
	errs := make([]error, 0, len(all))
	for _, r := range all {
		if err := refused(s.send(r.method, r.path, r.body)); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", r.method, r.path, err))
		}
	}
	return errors.Join(errs...)
}

// optionalBody are the operations that do without a body.
var optionalBody = map[string]bool{
	"/functions/list": true, "/functions/schedules/list": true, "/functions/" + nobody + "/calls/list": true,
}

// generalRefusals sends, to every operation, an unknown parameter; and to those that take a body, none, and one with an
// unknown field.
func (s *scenario) generalRefusals() []request {
	var all []request
	for _, r := range smallest {
		body := s.named(r.body)
		all = append(all, request{r.method, r.path + "?unknownParameter=1", body})
		if body == "" {
			continue
		}
		if !optionalBody[r.path] {
			all = append(all, request{r.method, r.path, ""})
		}
		var fields object
		if err := json.Unmarshal([]byte(body), &fields); err != nil {
			panic(err) // cannot happen: the bodies are JSON
		}
		all = append(all, request{r.method, r.path, fields.with("unknownField", 1).String()})
	}
	return all
}

// posts makes a request for each of the bodies.
func posts(path string, bodies ...object) []request {
	all := make([]request, len(bodies))
	for i, body := range bodies {
		all[i] = request{"POST", path, body.String()}
	}
	return all
}

// without copies an object and leaves a property out.
func (o object) without(name string) object {
	c := o.with(name, nil)
	delete(c, name)
	return c
}

func (s *scenario) functionRefusals() []request {
	fn := s.function()
	creations := posts("/functions",
		object{},
		items([]object{}),
		items([]object{fn, fn}),
		one(fn.without("name")),
		one(fn.without("fileId")),
		one(fn.with("unknownField", 1)),
		one(fn.with("name", "")),
		one(fn.with("name", text(141))),
		one(fn.with("name", 1)),
		one(fn.with("externalId", text(256))),
		one(fn.with("owner", text(129))),
		one(fn.with("description", text(501))),
		one(fn.with("functionPath", text(501))),
		one(fn.with("secrets", pairs(31))),
		one(fn.with("envVars", pairs(101))),
		one(fn.with("metadata", object{"key": 1})),
		one(fn.with("cpu", "1")),
		one(fn.with("fileId", 1.5)),
		one(fn.with("owner", nil)),
	)
	lists := posts("/functions/list",
		object{"limit": 0},
		object{"limit": int64(1 << 31)},
		object{"cursor": "none"},
		object{"filter": object{"createdTime": object{"min": -1}}},
		object{"filter": object{"createdTime": object{"max": -1}}},
		object{"filter": object{"unknownField": 1}},
	)
	return append(append(creations, lists...), request{"GET", "/functions?limit=0", ""}, request{"GET", "/functions?limit=many", ""})
}

func (s *scenario) scheduleRefusals() []request {
	schedule := s.scheduleToCreate()
	all := posts("/functions/schedules",
		object{},
		items([]object{}),
		items([]object{schedule, schedule}),
		one(schedule.without("name")),
		one(schedule.without("cronExpression")),
		one(schedule.without("functionId")),
		one(schedule.without("nonce")),
		one(schedule.with("functionExternalId", "none")),
		one(schedule.with("name", "")),
		one(schedule.with("name", text(141))),
		one(schedule.with("description", text(501))),
		one(schedule.with("cronExpression", cron(1025))),
		one(schedule.with("data", "text")),
	)
	return append(all, posts("/functions/schedules/list", object{"cursor": "none"}, object{"limit": 0})...)
}

func (s *scenario) fileRefusals() []request {
	file := s.file()
	label := func(i int) object { return object{"externalId": fmt.Sprintf("label%d", i)} }
	point := object{"type": "Point"}
	all := posts("/files",
		file.without("name"),
		file.with("name", text(257)),
		file.with("directory", text(513)),
		file.with("source", text(129)),
		file.with("mimeType", text(257)),
		file.with("metadata", object{"key": 1}),
		file.with("assetIds", []int{}),
		file.with("assetIds", many(1001, number)),
		file.with("securityCategories", many(101, number)),
		file.with("labels", many(11, label)),
		file.with("labels", []object{label(1), label(1)}),
		file.with("labels", []object{{}}),
		file.with("sourceCreatedTime", -1),
		file.with("geoLocation", object{"type": "Feature"}),
		file.with("geoLocation", object{"geometry": point}),
		file.with("geoLocation", object{"type": "Shape", "geometry": point}),
		file.with("geoLocation", object{"type": "Feature", "geometry": object{"type": "Circle"}}),
		file.with("geoLocation", object{"type": "Feature", "geometry": object{}}),
	)
	for _, instance := range []object{
		{"space": "1a", "externalId": "a"}, {"space": "a", "externalId": "1a"}, {"space": "a"}, {"externalId": "a"},
	} {
		all = append(all, posts("/files/byids", one(object{"instanceId": instance}))...)
	}
	return all
}

// idRefusals sends lists of ids that are too short, and ids beyond their bounds.
func (s *scenario) idRefusals() []request {
	none, nothing := items([]object{}), one(object{})
	all := []request{
		{"GET", "/functions/0", ""},
		{"GET", "/functions/9007199254740992", ""},
		{"GET", "/functions/one", ""},
		{"GET", "/sessions?limit=1001", ""},
		{"GET", "/files/0", ""},
	}
	for _, path := range []string{
		"/functions/byids", "/functions/delete", "/functions/1/calls/byids", "/functions/schedules/byids",
		"/functions/schedules/delete", "/sessions/byids", "/sessions/revoke", "/sessions", "/files/byids", "/files/delete",
		"/files/downloadlink",
	} {
		all = append(all, posts(path, object{}, none, nothing)...)
	}
	exchange := object{"tokenExchange": true}
	return slices.Concat(all,
		posts("/functions/byids", one(object{"id": 1, "externalId": "none"})),
		posts("/functions/1/call", object{}, object{"nonce": "none", "data": []int{1}}),
		posts("/sessions", items([]object{exchange, exchange}), one(object{"tokenExchange": false}),
			one(object{"clientId": "none"}), one(object{"clientSecret": "none"})),
	)
}

// refusedLists sends lists that are longer by one than may be.
func (s *scenario) refusedLists() error {
	return s.allRefused(slices.Concat(
		posts("/functions/byids", items(s.noneOf(mostReferences+1))),
		posts("/functions/1/calls/byids", items(many(mostIDs+1, byID))),
		posts("/functions/schedules/byids", items(many(mostIDs+1, byID))),
		posts("/sessions/byids", items(many(mostSessions+1, byID))),
		posts("/files/byids", items(many(mostFiles+1, byID))),
		posts("/files/delete", items(s.noneOf(mostFiles+1))),
		posts("/files/downloadlink", items(s.noneOf(mostLinks+1))),
	))
}
