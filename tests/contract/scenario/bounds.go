package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cogfn/cogfn/gen"
)

// object is the JSON object of a request.
type object map[string]any

func (o object) String() string {
	encoded, err := json.Marshal(o)
	if err != nil {
		panic(err) // unreachable: all values are strings, numbers, slices and maps
	}
	return string(encoded)
}

// text returns a string with a length.
func text(length int) string { return strings.Repeat("a", length) }

// many returns a slice of n values.
func many[T any](n int, value func(i int) T) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = value(i)
	}
	return list
}

func number(i int) int { return i + 1 }

func byID(i int) object { return object{"id": number(i)} }

// pairs returns an object with n properties.
func pairs(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf("key%d", i)] = "value"
	}
	return all
}

// cron returns an expression with a length. The service may reject its leading zeros.
func cron(length int) string { return strings.Repeat("0", length-len(" 0 1 1 *")) + " 0 1 1 *" }

// function returns a function to create, with a file that does not exist.
func (s *scenario) function() object { return object{"name": s.Name, "fileId": json.Number(unknownID)} }

func (s *scenario) scheduleToCreate() object {
	return object{"name": s.Name, "cronExpression": yearly, "functionId": json.Number(unknownID), "nonce": "not-a-nonce"}
}

func (s *scenario) file() object {
	return object{"name": s.Name, "externalId": s.Name + "-refused"}
}

// with returns a copy of an object with a property.
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

// ignoring returns a copy that asks the service to ignore unknown ids.
func (o object) ignoring() object { return o.with("ignoreUnknownIds", true) }

// bounds sends values that are exactly at their bounds. Most requests refer to resources that do not exist, so the service
// accepts the values and creates nothing.
func (s *scenario) bounds() error {
	longest := s.function().with("name", text(gen.FunctionNameMaxLength)).with("owner", text(gen.FunctionOwnerMaxLength)).
		with("description", text(gen.FunctionDescriptionMaxLength)).with("functionPath", text(gen.FunctionPathMaxLength)).
		with("externalId", text(gen.ExternalIDMaxLength)).with("metadata", pairs(gen.MetadataMaxProperties)).
		with("secrets", pairs(gen.FunctionSecretsMaxProperties)).with("envVars", pairs(gen.FunctionEnvVarsMaxProperties))
	schedule := s.scheduleToCreate().with("name", text(gen.FunctionScheduleNameMaxLength)).
		with("description", text(gen.FunctionScheduleDescriptionMaxLength)).with("cronExpression", cron(gen.FunctionScheduleCronMaxLength))
	errs := []error{
		anyResponse(s.send("POST", "/functions", one(longest).String())),
		anyResponse(s.send("POST", "/functions", one(object{"name": "a", "fileId": 1}).String())),
		s.send("POST", "/functions/list", `{"filter": {"name": "a", "createdTime": {"min": 0, "max": 0}}, "limit": 1}`),
		s.send("GET", "/functions/schedules?limit=1", ""),
		s.send("GET", "/functions/schedules?limit=9007199254740993", ""),
		anyResponse(s.send("POST", "/functions/schedules", one(schedule).String())),
		anyResponse(s.send("POST", "/functions/schedules", one(s.scheduleToCreate().with("name", "a")).String())),
		s.send("GET", fmt.Sprintf("/sessions?limit=%d", gen.SessionLimitMaximum), ""),
	}
	for _, instance := range []object{
		{"space": text(gen.InstanceSpaceMaxLength), "externalId": text(gen.InstanceExternalIDMaxLength)},
		{"space": "a", "externalId": "a"},
	} {
		errs = append(errs, s.send("POST", "/files/byids", one(object{"instanceId": instance}).ignoring().String()))
	}
	return errors.Join(append(errs, s.fileBounds())...)
}

func (s *scenario) fileBounds() error {
	longest := s.file().with("name", text(gen.FileNameMaxLength)).with("directory", "/"+text(gen.FileDirectoryMaxLength-1)).
		with("source", text(gen.FileSourceMaxLength)).with("mimeType", "text/"+text(gen.MimeTypeMaxLength-len("text/"))).
		with("sourceCreatedTime", 0)
	if s.Emulated {
		longest = longest.with("assetIds", many(gen.AssetIDsMaxItems, number)).
			with("securityCategories", many(gen.SecurityCategoriesMaxItems, number)).
			with("labels", many(gen.LabelsMaxItems, func(i int) object { return object{"externalId": fmt.Sprintf("label%d", i)} }))
	}
	errs := []error{s.send("POST", "/files", longest.String())}
	if s.Emulated {
		errs = append(errs, s.send("POST", "/files?overwrite=true", s.file().with("assetIds", []int{1}).String()))
	}
	return errors.Join(errs...)
}

// longestLists sends lists with the maximum number of items.
func (s *scenario) longestLists() error {
	lists, err := s.lists(0)
	if err != nil {
		return err
	}
	errs := make([]error, 0, len(lists))
	for _, r := range lists {
		errs = append(errs, anyResponse(s.send(r.method, r.path, r.body)))
	}
	return errors.Join(errs...)
}

// lists returns a request for each operation that takes a list of ids with a maximum length. The list has extra items more
// than the maximum. Deletions do not ignore unknown ids, so they delete nothing.
func (s *scenario) lists(extra int) ([]request, error) {
	operations, err := s.minimalRequests()
	if err != nil {
		return nil, err
	}
	var all []request
	for _, r := range operations {
		list := r.list()
		if list == nil || list.MaxItems == nil || *list.MaxItems == 1 {
			continue
		}
		body := r.body.with("items", many(int(*list.MaxItems)+extra, byID)) //nolint:gosec // a small number
		if r.schema().Properties["ignoreUnknownIds"] != nil && !strings.HasSuffix(r.path, "/delete") {
			body = body.ignoring()
		}
		all = append(all, r.with(body))
	}
	return all, nil
}
