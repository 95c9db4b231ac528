package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// schedulesChunk is how many schedules one request retrieves or deletes. The API allows more; this keeps requests and
// responses small.
const schedulesChunk = min(1_000, gen.FunctionScheduleReferencesMaxItems, gen.FunctionScheduleDeleteReferencesMaxItems)

// SchedulesService creates and reads the schedules of functions; it is Client.Schedules.
type SchedulesService struct{ client *Client }

// Schedule calls a function again and again, as the service last showed it. Its JSON is that of the API, fields that this
// version does not know included (AdditionalProperties). CronExpression is in UTC, When says it in words.
type Schedule struct {
	gen.FunctionSchedule

	client *Client
}

// ScheduleWrite is a schedule to create. Its FunctionID and Nonce may stay empty: SchedulesService.Create fills them in.
//
// Printed, logged or encoded as JSON, it shows three stars for a nonce. Only the request of Create holds it in clear.
// Mind that package fmt asks no unexported field how it wants to be shown: a struct with a ScheduleWrite in one prints its
// nonce in clear, and needs a String method of its own.
type ScheduleWrite gen.FunctionScheduleWrite

// Format shows the schedule as JSON with its nonce hidden, whatever the verb but %p.
func (w ScheduleWrite) Format(f fmt.State, _ rune) { show(f, w, "schedule "+w.Name) }

// MarshalJSON encodes the schedule as the API has it, with its nonce hidden.
func (w ScheduleWrite) MarshalJSON() ([]byte, error) {
	if w.Nonce != "" {
		w.Nonce = redacted
	}
	return json.Marshal(gen.FunctionScheduleWrite(w))
}

// Created is when the schedule was created.
func (s *Schedule) Created() time.Time { return milliseconds(&s.CreatedTime) }

// Session is the id of the session that the schedule's calls act with. The service has sent numbers and texts; both are
// returned as text, and "" if it sends neither.
func (s *Schedule) Session() string {
	raw, err := s.SessionID.MarshalJSON()
	if err != nil {
		return ""
	}
	return textOf(raw)
}

// InputData returns the data that every call of the schedule gets; see SchedulesService.InputData.
func (s *Schedule) InputData(ctx context.Context) (json.RawMessage, error) {
	return s.client.Schedules.InputData(ctx, s.ID)
}

// Update reads the schedule anew and overwrites s with what the service shows.
func (s *Schedule) Update(ctx context.Context) error {
	current, err := s.client.Schedules.Retrieve(ctx, s.ID)
	if err != nil {
		return err
	}
	*s = *current
	return nil
}

// SchedulesFilter says which schedules to list: those that match every field set. Zero fields match everything.
type SchedulesFilter struct {
	// Name matches exactly.
	Name string
	// Function is the function that is called, by id or external id.
	Function Identifier
	// CreatedTime matches when the schedule was created.
	CreatedTime TimeRange
	// CronExpression matches exactly, text by text.
	CronExpression string
}

func (f SchedulesFilter) wire() (*gen.FunctionScheduleFilter, error) {
	w := &gen.FunctionScheduleFilter{
		Name: optional(f.Name), CreatedTime: f.CreatedTime.wire(), CronExpression: optional(f.CronExpression),
	}
	if f.Function == (Identifier{}) {
		return w, nil
	}
	if err := f.Function.check(); err != nil {
		return nil, err
	}
	w.FunctionID, w.FunctionExternalID = optional(f.Function.id), optional(f.Function.externalID)
	return w, nil
}

// List returns the schedules that match the filter, 25 at most unless WithLimit says otherwise. The API has no cursor for
// schedules: Unlimited is one request for 10 000, and a *TruncatedError if that many come back.
func (s *SchedulesService) List(ctx context.Context, filter SchedulesFilter, opts ...ListOption) (ScheduleList, error) {
	o, err := listSettings(defaultLimit, opts)
	if err != nil {
		return nil, err
	}
	return collect(s.list(ctx, filter, o))
}

// All walks the schedules that match the filter, every one unless WithLimit says otherwise. The sequence can be ranged
// over again, which asks the service again. An error comes last and once.
func (s *SchedulesService) All(ctx context.Context, filter SchedulesFilter, opts ...ListOption) iter.Seq2[*Schedule, error] {
	o, err := listSettings(Unlimited, opts)
	if err != nil {
		return failed[*Schedule](err)
	}
	return s.list(ctx, filter, o)
}

func (s *SchedulesService) list(ctx context.Context, filter SchedulesFilter, o listOptions) iter.Seq2[*Schedule, error] {
	wire, err := filter.wire()
	if err != nil {
		return failed[*Schedule](err)
	}
	return single(gen.ListFunctionSchedulesOperation.ID, o, func(limit int32) ([]*Schedule, error) {
		body := gen.FunctionScheduleListRequest{Filter: wire, Limit: &limit}
		got, err := received(s.client.api.ListFunctionSchedules(ctx, body))
		if err != nil {
			return nil, err
		}
		return s.bind(got.Items), nil
	})
}

func (s *SchedulesService) bind(items []gen.FunctionSchedule) []*Schedule {
	bound := make([]*Schedule, len(items))
	for i := range items {
		bound[i] = &Schedule{FunctionSchedule: items[i], client: s.client}
	}
	return bound
}

// Retrieve returns one schedule. An unknown one is an error that matches ErrNotFound.
func (s *SchedulesService) Retrieve(ctx context.Context, id int64) (*Schedule, error) {
	found, err := s.RetrieveMultiple(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RetrieveMultiple returns schedules in the order of their ids, a thousand a request. An id that is given twice is sent
// once, and its schedule is returned twice. An unknown schedule is an error that matches ErrNotFound, unless
// IgnoreUnknown(true) is given: then it is left out.
func (s *SchedulesService) RetrieveMultiple(ctx context.Context, ids []int64, ignore ...IgnoreUnknown) (ScheduleList, error) {
	if err := checkIDs("schedule id", ids...); err != nil {
		return nil, err
	}
	var found []*Schedule
	for chunk := range slices.Chunk(unique(ids), schedulesChunk) {
		body := gen.FunctionScheduleByIDsRequest{Items: scheduleReferences(chunk), IgnoreUnknownIDs: new(slices.Contains(ignore, true))}
		got, err := received(s.client.api.ByIDsFunctionSchedules(ctx, body))
		if err != nil {
			return nil, err
		}
		found = append(found, s.bind(got.Items)...)
	}
	all := inOrder(ids, found, func(s *Schedule) int64 { return s.ID })
	if len(all) < len(ids) && !slices.Contains(ignore, true) {
		return nil, &RequestError{Operation: gen.ByIDsFunctionSchedulesOperation.ID, Attempts: 1, Err: ErrNotFound}
	}
	return all, nil
}

func scheduleReferences(ids []int64) gen.FunctionScheduleReferences {
	refs := make(gen.FunctionScheduleReferences, len(ids))
	for i, id := range ids {
		refs[i] = gen.FunctionScheduleReference{ID: id}
	}
	return refs
}

// Create creates a schedule for a function, or for w.FunctionID where fn is the zero Identifier. The fields are checked
// before anything is sent: an *ArgumentError names the one that breaks a rule. A request is repeated as that of
// Client.Start. w is not changed.
//
// The schedule's calls act with a session that is created right before: with WithSession's credentials, else the client's
// own; or with the session of w.Nonce or WithNonce. Sessions by client credentials last as long as the credentials, those
// by token exchange as long as the identity provider agrees. A one-shot session, which soon ends, is made only when asked
// for: where the client has nothing but a token that cannot be exchanged, Create fails, and WithSession helps.
func (s *SchedulesService) Create(ctx context.Context, fn Identifier, w ScheduleWrite, opts ...SessionOption) (*Schedule, error) {
	if fn == (Identifier{}) {
		fn = ID(w.FunctionID)
	} else if w.FunctionID != 0 && fn != ID(w.FunctionID) {
		return nil, &ArgumentError{Field: "FunctionID", Rule: "differs from the function given; leave it 0"}
	}
	data, err := s.client.optionalData(w.Data)
	if err := join(checkSchedule(w), err); err != nil {
		return nil, err
	}
	w.Data = data
	if w.Nonce != "" {
		opts = append([]SessionOption{WithNonce(w.Nonce)}, opts...)
	}
	o, err := sessionSettings(opts)
	if err != nil {
		return nil, err
	}
	o.lasting = true
	return withFunctionID(ctx, s.client, fn, func(id int64) (*Schedule, error) {
		w.FunctionID = id
		return s.create(ctx, w, o)
	})
}

func (s *SchedulesService) create(ctx context.Context, w ScheduleWrite, o sessionOptions) (schedule *Schedule, err error) {
	err = s.client.withNonce(ctx, gen.PostFunctionSchedulesOperation, o, func(nonce string, _ int64) error {
		w.Nonce = nonce
		body := gen.FunctionScheduleCreateRequest{Items: []gen.FunctionScheduleWrite{gen.FunctionScheduleWrite(w)}}
		got, err := received(s.client.api.PostFunctionSchedules(ctx, body))
		if err != nil {
			return err
		}
		if len(got.Items) != 1 {
			return &RequestError{Operation: gen.PostFunctionSchedulesOperation.ID, Attempts: 1, Err: errors.New("the answer holds no schedule")}
		}
		schedule = s.bind(got.Items)[0]
		return nil
	})
	return schedule, err
}

// Delete deletes schedules, a thousand a request; their calls stay. An unknown one is an error that matches ErrNotFound;
// what earlier requests deleted stays deleted.
func (s *SchedulesService) Delete(ctx context.Context, ids ...int64) error {
	if err := checkIDs("schedule id", ids...); err != nil {
		return err
	}
	for chunk := range slices.Chunk(ids, schedulesChunk) {
		body := gen.FunctionScheduleDeleteRequest{Items: scheduleReferences(chunk)}
		if _, err := received(s.client.api.DeleteFunctionSchedules(ctx, body)); err != nil {
			return err
		}
	}
	return nil
}

// InputData returns the data that every call of a schedule gets, as a JSON object: nil if the schedule was created
// without.
func (s *SchedulesService) InputData(ctx context.Context, id int64) (json.RawMessage, error) {
	if err := checkIDs("schedule id", id); err != nil {
		return nil, err
	}
	got, err := received(s.client.api.GetFunctionScheduleInputData(ctx, id))
	if err != nil || isNull(got.Data) {
		return nil, err
	}
	return got.Data, nil
}
