package functions

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// Function is a deployed function as the service last showed it. Its JSON is that of the API, fields that this version
// does not know included (AdditionalProperties). Times are milliseconds since epoch, memory is in GB.
type Function struct {
	gen.Function

	client *Client
}

// Identifier returns the function's id for use with the methods of Client.
func (f *Function) Identifier() Identifier { return ID(f.ID) }

// Created is when the function was created.
func (f *Function) Created() time.Time { return milliseconds(&f.CreatedTime) }

// LastCall is when the function was last called; the zero time if it never was.
func (f *Function) LastCall() time.Time { return milliseconds(f.LastCalled) }

// Call calls the function and waits for the end; see Client.Call.
func (f *Function) Call(ctx context.Context, data any, opts ...SessionOption) (*Call, error) {
	return f.client.Call(ctx, f.Identifier(), data, opts...)
}

// Start calls the function and returns at once; see Client.Start.
func (f *Function) Start(ctx context.Context, data any, opts ...SessionOption) (*Call, error) {
	return f.client.Start(ctx, f.Identifier(), data, opts...)
}

// WaitReady waits until the function can be called; see Client.WaitReady.
func (f *Function) WaitReady(ctx context.Context) (*Function, error) {
	return f.client.WaitReady(ctx, f.Identifier())
}

// Update reads the function anew and overwrites f with what the service shows.
func (f *Function) Update(ctx context.Context) error {
	current, err := f.client.Retrieve(ctx, f.Identifier())
	if err != nil {
		return err
	}
	*f = *current
	return nil
}

// Filter says which functions to list: those that match every field set. Zero fields match everything.
type Filter struct {
	// Name and Owner match exactly.
	Name, Owner string
	// FileID matches the id of the zip file with the code.
	FileID int64
	// Status matches where the deployment stands.
	Status FunctionStatus
	// ExternalIDPrefix matches how the external id begins.
	ExternalIDPrefix string
	// CreatedTime matches when the function was created.
	CreatedTime TimeRange
	// Metadata matches functions that hold all of these pairs.
	Metadata map[string]string
}

func (f Filter) wire() *gen.FunctionFilter {
	return &gen.FunctionFilter{
		Name: optional(f.Name), Owner: optional(f.Owner), FileID: optional(f.FileID), Status: optional(f.Status),
		ExternalIDPrefix: optional(f.ExternalIDPrefix), CreatedTime: f.CreatedTime.wire(), Metadata: f.Metadata,
	}
}

// List returns the functions that match the filter, 25 at most unless WithLimit says otherwise. The API has no cursor
// for functions: Unlimited is one request for 10 000, and a *TruncatedError if that many come back.
func (c *Client) List(ctx context.Context, filter Filter, opts ...ListOption) (FunctionList, error) {
	o, err := listSettings(defaultLimit, opts)
	if err != nil {
		return nil, err
	}
	return collect(c.list(ctx, filter, o))
}

// All walks the functions that match the filter, every one unless WithLimit says otherwise. The sequence can be ranged
// over again, which asks the service again. An error comes last and once.
func (c *Client) All(ctx context.Context, filter Filter, opts ...ListOption) iter.Seq2[*Function, error] {
	o, err := listSettings(Unlimited, opts)
	if err != nil {
		return failed[*Function](err)
	}
	return c.list(ctx, filter, o)
}

func (c *Client) list(ctx context.Context, filter Filter, o listOptions) iter.Seq2[*Function, error] {
	return single(gen.ListFunctionsOperation.ID, o, func(limit int32) ([]*Function, error) {
		got, err := received(c.api.ListFunctions(ctx, gen.FunctionListRequest{Filter: filter.wire(), Limit: &limit}))
		if err != nil {
			return nil, err
		}
		return c.bind(got.Items), nil
	})
}

// bind gives functions their client, and remembers their ids.
func (c *Client) bind(items []gen.Function) []*Function {
	bound := make([]*Function, len(items))
	for i := range items {
		bound[i] = &Function{Function: items[i], client: c}
		c.ids.remember(&items[i])
	}
	return bound
}

// Retrieve returns one function. An unknown one is an error that matches ErrNotFound.
func (c *Client) Retrieve(ctx context.Context, fn Identifier) (*Function, error) {
	found, err := c.RetrieveMultiple(ctx, []Identifier{fn})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// IgnoreUnknown leaves ids that do not exist out of the work instead of failing.
type IgnoreUnknown bool

// RetrieveMultiple returns functions in the order of the identifiers, ten a request. An unknown one is an error that
// matches ErrNotFound, unless IgnoreUnknown(true) is given: then it is left out.
func (c *Client) RetrieveMultiple(ctx context.Context, fns []Identifier, ignore ...IgnoreUnknown) (FunctionList, error) {
	refs, err := references(fns)
	if err != nil {
		return nil, err
	}
	all := make(FunctionList, 0, len(fns))
	for chunk := range slices.Chunk(fns, gen.FunctionReferencesMaxItems) {
		body := gen.FunctionByIDsRequest{Items: refs[:len(chunk)], IgnoreUnknownIDs: new(slices.Contains(ignore, true))}
		refs = refs[len(chunk):]
		got, err := received(c.api.ByIDsFunctions(ctx, body))
		if err != nil {
			return nil, err
		}
		found := FunctionList(c.bind(got.Items))
		for _, fn := range chunk {
			if one := found.Get(fn); one != nil {
				all = append(all, one)
			} else if !slices.Contains(ignore, true) {
				return nil, &RequestError{Operation: gen.ByIDsFunctionsOperation.ID, Attempts: 1, Err: ErrNotFound}
			}
		}
	}
	return all, nil
}

// Delete deletes functions and their schedules, ten a request; their code files stay. An unknown one is an error that
// matches ErrNotFound; what earlier requests deleted stays deleted.
func (c *Client) Delete(ctx context.Context, fns []Identifier, ignore ...IgnoreUnknown) error {
	refs, err := references(fns)
	if err != nil {
		return err
	}
	c.ids.forget(fns...)
	for chunk := range slices.Chunk(refs, gen.FunctionReferencesMaxItems) {
		body := gen.FunctionDeleteRequest{Items: chunk, IgnoreUnknownIDs: new(slices.Contains(ignore, true))}
		if _, err := received(c.api.DeleteFunctions(ctx, body)); err != nil {
			return err
		}
	}
	return nil
}

// Limits returns what the project's cloud allows.
func (c *Client) Limits(ctx context.Context) (*Limits, error) {
	return received(c.api.FunctionsLimits(ctx))
}

// Status returns whether Functions may be used in the project.
func (c *Client) Status(ctx context.Context) (*Status, error) {
	return received(c.api.GetFunctionsStatus(ctx))
}

// Activate asks for Functions to be activated in the project, which takes up to two hours; ask Status for the outcome.
func (c *Client) Activate(ctx context.Context) (*Status, error) {
	return received(c.api.PostFunctionsStatus(ctx))
}
