package functions

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Function is a deployed function. Its JSON is that of the API, including the fields that this version does not know
// (AdditionalProperties). The methods with a context need a function that came from a [Client].
//
// Fields:
//
//   - CPU (*float64): the number of CPU cores of a call, within the range of the limits. It is fixed on Azure and AWS,
//     which raise smaller numbers without an error.
//   - CreatedTime (int64): the time of creation, in milliseconds since epoch.
//   - Description (*string): the description of the function. Length: 0 to 500 characters.
//   - EnvVars (map[string]string): the environment variables, at most 100. Keys have letters, digits and underscores.
//   - Error (*BuildError): the error of a failed deployment.
//   - ExternalID (*string): the external id of the function, unique in the project. Length: 0 to 255 characters.
//   - FileID (int64): the id of the zip file that contains the code.
//   - FunctionPath (*string): the path of the Python module with the function `handle` in the zip file, relative, with
//     forward slashes. The default is handler.py. Length: 0 to 500 characters.
//   - FunctionType (*FunctionType): the kind of function.
//   - ID (int64): the id of the function.
//   - LastCalled (*int64): the time of the latest call, in milliseconds since epoch. It is absent before the first
//     call.
//   - Memory (*float64): the memory of a call in GB, within the range of the limits. It is fixed on Azure and AWS,
//     which raise smaller numbers without an error.
//   - Metadata (map[string]string): the metadata, pairs of strings that the user chooses: at most 16 pairs, keys of at
//     most 32 characters, values of at most 512 characters, 4096 bytes in total.
//   - Name (string): the name of the function. It need not be unique. Length: 1 to 140 characters.
//   - Owner (*string): the owner of the function, often an e-mail address. Length: 0 to 128 characters.
//   - Runtime (*Runtime): the version of Python. The service adds and withdraws versions. The limits list the offered
//     ones.
//   - RuntimeVersion (*string): the exact version of Python.
//   - Secrets (map[string]string): the secrets, at most 30, which the function receives as `secrets`. Keys have at most
//     15 lower-case letters, digits and dashes. The keys `token`, `indexUrl` and `extraIndexUrls` are reserved. A key
//     and its value have at most 25 kB together. Responses have three asterisks for every value.
//   - Status (FunctionStatus): the status of the deployment: Queued, then Deploying, then Ready or Failed. Only a Ready
//     function can be called.
type Function struct {
	gen.Function

	client *Client
}

// BuildError is the error of a failed deployment. See [DeployError].
type BuildError = gen.FunctionBuildError

// Identifier returns the identifier of the function by its id.
func (f *Function) Identifier() Identifier { return ID(f.ID) }

// Created returns the time at which the function was created.
func (f *Function) Created() time.Time { return milliseconds(&f.CreatedTime) }

// LastCall returns the time of the latest call, or the zero time if the function was never called.
func (f *Function) LastCall() time.Time { return milliseconds(f.LastCalled) }

// String returns one line for people: id, name, external id and status. It contains no secret.
func (f Function) String() string {
	external := ""
	if f.ExternalID != nil {
		external = fmt.Sprintf(" (external id %s)", oneLine(*f.ExternalID))
	}
	return fmt.Sprintf("function %d %q%s: %s", f.ID, f.Name, external, oneLine(string(f.Status)))
}

// LogValue returns the same line as String, for package slog.
func (f Function) LogValue() slog.Value { return slog.StringValue(f.String()) }

// Call calls the function and waits for the result. See [Client.Call].
func (f *Function) Call(ctx context.Context, data any, opts ...SessionOption) (*Call, error) {
	return f.client.Call(ctx, f.Identifier(), data, opts...)
}

// Start calls the function and returns at once. See [Client.Start].
func (f *Function) Start(ctx context.Context, data any, opts ...SessionOption) (*Call, error) {
	return f.client.Start(ctx, f.Identifier(), data, opts...)
}

// WaitReady waits until the function can be called. See [Client.WaitReady].
func (f *Function) WaitReady(ctx context.Context) (*Function, error) {
	return f.client.WaitReady(ctx, f.Identifier())
}

// ListCalls returns the calls of the function that match the filter. See [CallsService.List].
func (f *Function) ListCalls(ctx context.Context, filter CallsFilter, opts ...ListOption) (CallList, error) {
	return f.client.Calls.List(ctx, f.Identifier(), filter, opts...)
}

// RetrieveCall returns one call of the function. See [CallsService.Retrieve].
func (f *Function) RetrieveCall(ctx context.Context, id int64) (*Call, error) {
	return f.client.Calls.Retrieve(ctx, f.Identifier(), id)
}

// ListSchedules returns the schedules of the function. See [SchedulesService.List].
func (f *Function) ListSchedules(ctx context.Context, opts ...ListOption) (ScheduleList, error) {
	return f.client.Schedules.List(ctx, SchedulesFilter{Function: f.Identifier()}, opts...)
}

// Delete deletes the function and its schedules. See [Client.Delete].
func (f *Function) Delete(ctx context.Context, opts ...IDsOption) error {
	return f.client.Delete(ctx, []Identifier{f.Identifier()}, opts...)
}

// Update retrieves the function again and overwrites f.
func (f *Function) Update(ctx context.Context) error {
	current, err := f.client.Retrieve(ctx, f.Identifier())
	if err != nil {
		return err
	}
	*f = *current
	return nil
}

// FunctionList is a list of functions in the order of the response.
type FunctionList []*Function

// IDs returns the ids of the functions.
func (l FunctionList) IDs() []int64 {
	return each(l, func(f *Function) int64 { return f.ID })
}

// ExternalIDs returns the external ids of the functions that have one.
func (l FunctionList) ExternalIDs() []string {
	var ids []string
	for _, f := range l {
		if f.ExternalID != nil {
			ids = append(ids, *f.ExternalID)
		}
	}
	return ids
}

// Get returns the function with the identifier, or nil if the list does not contain it.
func (l FunctionList) Get(fn Identifier) *Function {
	return find(l, func(f *Function) bool {
		return f.ID == fn.id || fn.externalID != "" && f.ExternalID != nil && *f.ExternalID == fn.externalID
	})
}

// AsWrite converts each function. See [Function.AsWrite].
func (l FunctionList) AsWrite() []FunctionWrite {
	return each(l, (*Function).AsWrite)
}

// String returns one line for people.
func (l FunctionList) String() string { return oneLineOf(l) }

// LogValue returns the same line as String, for package slog.
func (l FunctionList) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Filter selects functions by all fields that are set. The zero filter matches every function.
type Filter struct {
	// Name and Owner match exactly.
	Name, Owner string
	// FileID matches the id of the zip file that contains the code.
	FileID int64
	// Status matches the status of the deployment.
	Status FunctionStatus
	// ExternalIDPrefix matches the start of the external id.
	ExternalIDPrefix string
	// CreatedTime matches the time of creation.
	CreatedTime TimeRange
	// Metadata matches functions that have all of these pairs.
	Metadata map[string]string
}

func (f Filter) wire() *gen.FunctionFilter {
	return &gen.FunctionFilter{
		Name: optional(f.Name), Owner: optional(f.Owner), FileID: optional(f.FileID), Status: optional(f.Status),
		ExternalIDPrefix: optional(f.ExternalIDPrefix), CreatedTime: f.CreatedTime.wire(), Metadata: f.Metadata,
	}
}

// List returns the functions that match the filter, at most 25 unless [WithLimit] sets another limit. The API has no
// cursor for functions. With [Unlimited], List requests 10,000 and returns a [*TruncatedError] if that many come back.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/listFunctions
func (c *Client) List(ctx context.Context, filter Filter, opts ...ListOption) (FunctionList, error) {
	return collect(c.list(ctx, filter, defaultLimit, opts))
}

// All iterates over the functions that match the filter, over all of them unless [WithLimit] sets a limit. Each range over
// the sequence sends a new request. An error is the last element.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/listFunctions
func (c *Client) All(ctx context.Context, filter Filter, opts ...ListOption) iter.Seq2[*Function, error] {
	return c.list(ctx, filter, Unlimited, opts)
}

func (c *Client) list(ctx context.Context, filter Filter, limit int, opts []ListOption) iter.Seq2[*Function, error] {
	o, err := listSettings(limit, opts)
	if err != nil {
		return failed[*Function](err)
	}
	return single("functions", o, func(limit int32) (_ []*Function, err error) {
		defer explain(&err, "list functions")
		got, err := received(c.api.ListFunctions(ctx, gen.FunctionListRequest{Filter: filter.wire(), Limit: &limit}))
		if err != nil {
			return nil, err
		}
		return c.bind(got.Items), nil
	})
}

// bind attaches the client to functions and caches their ids.
func (c *Client) bind(items []gen.Function) []*Function {
	bound := make([]*Function, len(items))
	for i := range items {
		bound[i] = &Function{Function: items[i], client: c}
		c.ids.store(&items[i])
	}
	return bound
}

// Retrieve returns one function. An unknown function is an error that matches [ErrNotFound].
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/byIdsFunctions
func (c *Client) Retrieve(ctx context.Context, fn Identifier) (_ *Function, err error) {
	defer explain(&err, "retrieve the function with %v", fn)
	found, err := c.retrieve(ctx, []Identifier{fn}, idsOptions{})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RetrieveMultiple returns functions in the order of the identifiers. It sends one request for each 10 functions. An unknown
// function is an error that matches [ErrNotFound]. With [IgnoreUnknown] it is left out.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/byIdsFunctions
func (c *Client) RetrieveMultiple(ctx context.Context, fns []Identifier, opts ...IDsOption) (_ FunctionList, err error) {
	defer explain(&err, "retrieve %s", listed("function", fns))
	return c.retrieve(ctx, fns, idsSettings(opts))
}

func (c *Client) retrieve(ctx context.Context, fns []Identifier, o idsOptions) (FunctionList, error) {
	refs, err := references(fns)
	if err != nil {
		return nil, err
	}
	all := make(FunctionList, 0, len(fns))
	for chunk := range slices.Chunk(fns, gen.FunctionReferencesMaxItems) {
		body := gen.FunctionByIDsRequest{Items: refs[:len(chunk)], IgnoreUnknownIDs: &o.ignoreUnknown}
		refs = refs[len(chunk):]
		got, err := received(c.api.ByIDsFunctions(ctx, body))
		if err != nil {
			return nil, err
		}
		found := FunctionList(c.bind(got.Items))
		for _, fn := range chunk {
			if one := found.Get(fn); one != nil {
				all = append(all, one)
			} else if !o.ignoreUnknown {
				return nil, unknownFunction(fn)
			}
		}
	}
	return all, nil
}

func unknownFunction(fn Identifier) error {
	return &NotFoundError{Resource: fmt.Sprintf("function with %v", fn)}
}

// Delete deletes functions and their schedules. The code files remain. It sends one request for each 10 functions. An
// unknown function is an error that matches [ErrNotFound], unless [IgnoreUnknown] is given. Functions that earlier requests
// deleted stay deleted when a later request fails.
//
// Capability: functionsAcl:WRITE.
// Reference: https://api-docs.cognite.com/20230101/tag/Functions/operation/deleteFunctions
func (c *Client) Delete(ctx context.Context, fns []Identifier, opts ...IDsOption) (err error) {
	defer explain(&err, "delete %s", listed("function", fns))
	refs, err := references(fns)
	if err != nil {
		return err
	}
	o := idsSettings(opts)
	c.ids.forget(fns...)
	for chunk := range slices.Chunk(refs, gen.FunctionReferencesMaxItems) {
		body := gen.FunctionDeleteRequest{Items: chunk, IgnoreUnknownIDs: &o.ignoreUnknown}
		if _, err := received(c.api.DeleteFunctions(ctx, body)); err != nil {
			return err
		}
	}
	return nil
}
