package scenario

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

// invalidRequests sends requests that violate one rule of the description each.
func (s *scenario) invalidRequests() error {
	s.deleteFileLater(functions.ExternalID(s.Name + "-refused")) // if the service accepts the request
	general, err := s.generalInvalidRequests()
	if err != nil {
		return err
	}
	return s.allRejected(slices.Concat(general, s.invalidFunctionRequests(), s.invalidScheduleRequests(), s.invalidFileRequests(), s.invalidIDRequests()))
}

// allRejected sends requests that the service must reject.
func (s *scenario) allRejected(all []request) error {
	errs := make([]error, 0, len(all))
	for _, r := range all {
		if err := rejected(s.send(r.method, r.path, r.body)); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", r.method, r.path, err))
		}
	}
	return errors.Join(errs...)
}

// posts returns a POST request for each body.
func posts(path string, bodies ...object) []request {
	all := make([]request, len(bodies))
	for i, body := range bodies {
		all[i] = request{"POST", path, body.String()}
	}
	return all
}

// without returns a copy of an object without a property.
func (o object) without(name string) object {
	c := o.with(name, nil)
	delete(c, name)
	return c
}

func (s *scenario) invalidFunctionRequests() []request {
	fn := s.function()
	creations := posts("/functions",
		one(fn.with("unknownField", 1)),
		one(fn.with("name", "")),
		one(fn.with("name", text(gen.FunctionNameMaxLength+1))),
		one(fn.with("name", 1)),
		one(fn.with("externalId", text(gen.ExternalIDMaxLength+1))),
		one(fn.with("owner", text(gen.FunctionOwnerMaxLength+1))),
		one(fn.with("description", text(gen.FunctionDescriptionMaxLength+1))),
		one(fn.with("functionPath", text(gen.FunctionPathMaxLength+1))),
		one(fn.with("secrets", pairs(gen.FunctionSecretsMaxProperties+1))),
		one(fn.with("envVars", pairs(gen.FunctionEnvVarsMaxProperties+1))),
		one(fn.with("metadata", object{"key": 1})),
		one(fn.with("metadata", pairs(gen.MetadataMaxProperties+1))),
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

func (s *scenario) invalidScheduleRequests() []request {
	schedule := s.scheduleToCreate()
	all := posts("/functions/schedules",
		one(schedule.with("functionExternalId", "none")),
		one(schedule.with("name", "")),
		one(schedule.with("name", text(gen.FunctionScheduleNameMaxLength+1))),
		one(schedule.with("description", text(gen.FunctionScheduleDescriptionMaxLength+1))),
		one(schedule.with("cronExpression", cron(gen.FunctionScheduleCronMaxLength+1))),
		one(schedule.with("data", "text")),
	)
	return append(all, posts("/functions/schedules/list", object{"cursor": "none"}, object{"limit": 0})...)
}

func (s *scenario) invalidFileRequests() []request {
	file := s.file()
	label := func(i int) object { return object{"externalId": fmt.Sprintf("label%d", i)} }
	point := object{"type": "Point", "coordinates": []float64{10.75, 59.91}}
	all := posts("/files",
		file.with("name", text(gen.FileNameMaxLength+1)),
		file.with("directory", text(gen.FileDirectoryMaxLength+1)),
		file.with("source", text(gen.FileSourceMaxLength+1)),
		file.with("mimeType", text(gen.MimeTypeMaxLength+1)),
		file.with("metadata", object{"key": 1}),
		file.with("assetIds", []int{}),
		file.with("assetIds", many(gen.AssetIDsMaxItems+1, number)),
		file.with("securityCategories", many(gen.SecurityCategoriesMaxItems+1, number)),
		file.with("labels", many(gen.LabelsMaxItems+1, label)),
		file.with("labels", []object{label(1), label(1)}),
		file.with("labels", []object{{}}),
		file.with("sourceCreatedTime", -1),
		file.with("geoLocation", object{"type": "Feature"}),
		file.with("geoLocation", object{"geometry": point}),
		file.with("geoLocation", object{"type": "Shape", "geometry": point}),
		file.with("geoLocation", object{"type": "Feature", "geometry": point.with("type", "Circle")}),
		file.with("geoLocation", object{"type": "Feature", "geometry": point.without("type")}),
		file.with("geoLocation", object{"type": "Feature", "geometry": point.without("coordinates")}),
	)
	for _, instance := range []object{
		{"space": "1a", "externalId": "a"}, {"space": "a", "externalId": "1a"}, {"space": "a"}, {"externalId": "a"},
	} {
		all = append(all, posts("/files/byids", one(object{"instanceId": instance}))...)
	}
	return all
}

// invalidIDRequests returns requests with ids and limits outside their bounds, duplicate ids, and invalid references.
func (s *scenario) invalidIDRequests() []request {
	all := []request{
		{"GET", fmt.Sprintf("/sessions?limit=%d", gen.SessionLimitMaximum+1), ""},
		{"GET", "/files/0", ""},
		{"GET", fmt.Sprintf("/files/%d", int64(gen.InternalIDMaximum)+1), ""},
	}
	twice := items([]object{byID(0), byID(0)})
	return slices.Concat(all,
		posts("/functions/1/calls/byids", twice),
		posts("/functions/schedules/byids", twice),
		posts("/functions/byids", one(object{"id": 1, "externalId": "none"})),
		posts("/functions/1/call", object{"nonce": "none", "data": []int{1}}),
		posts("/sessions", one(object{"tokenExchange": false}), one(object{"clientId": "none"}), one(object{"clientSecret": "none"})),
	)
}

// tooLongLists sends lists with one item more than the maximum.
func (s *scenario) tooLongLists() error {
	lists, err := s.lists(1)
	if err != nil {
		return err
	}
	return s.allRejected(lists)
}
