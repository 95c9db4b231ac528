package functions

import "context"

// ListCalls returns the function's calls that match the filter; see CallsService.List.
func (f *Function) ListCalls(ctx context.Context, filter CallsFilter, opts ...ListOption) (CallList, error) {
	return f.client.Calls.List(ctx, f.Identifier(), filter, opts...)
}

// RetrieveCall returns one of the function's calls; see CallsService.Retrieve.
func (f *Function) RetrieveCall(ctx context.Context, id int64) (*Call, error) {
	return f.client.Calls.Retrieve(ctx, CallID{FunctionID: f.ID, ID: id})
}

// ListSchedules returns the function's schedules; see SchedulesService.List.
func (f *Function) ListSchedules(ctx context.Context, opts ...ListOption) (ScheduleList, error) {
	return f.client.Schedules.List(ctx, SchedulesFilter{Function: f.Identifier()}, opts...)
}
