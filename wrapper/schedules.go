package functions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// schedulesChunk is the number of schedules in one request. The API allows more. This keeps requests and responses small.
const schedulesChunk = min(1_000, gen.FunctionScheduleReferencesMaxItems, gen.FunctionScheduleDeleteReferencesMaxItems)

// SchedulesService creates, lists and deletes the schedules of functions. It is the field Schedules of a [Client].
type SchedulesService struct{ client *Client }

// Schedule calls a function periodically. Its JSON is that of the API, including the fields that this version does not
// know (AdditionalProperties). The methods with a context need a schedule that came from a [Client].
//
// Fields:
//
//   - CreatedTime (int64): the time of creation, in milliseconds since epoch.
//   - CronExpression (string): the cron expression, in UTC: minute, hour, day of month, month, day of week. The
//     shortest interval is one minute. Length: 0 to 1024 characters.
//   - Description (*string): the description of the schedule. Length: 0 to 500 characters.
//   - FunctionExternalID (*string): the external id of the called function. It is often absent. Length: 0 to 255
//     characters.
//   - FunctionID (*int64): the id of the called function.
//   - ID (int64): the id of the schedule.
//   - Name (string): the name of the schedule. Length: 1 to 140 characters.
//   - SessionID (ScheduleSessionID): the id of the session of the schedule's calls, as a number or as a string.
//   - When (string): the cron expression in words.
type Schedule struct {
	gen.FunctionSchedule

	client *Client
}

// ScheduleSessionID is the id of a session, which is a number or a string. [Schedule.Session] reads both.
type ScheduleSessionID = gen.FunctionScheduleSessionID

// Created returns the time at which the schedule was created.
func (s *Schedule) Created() time.Time { return milliseconds(&s.CreatedTime) }

// Session returns the id of the session that the schedule's calls use. The service has sent numbers and strings. Session
// returns both as a string, and "" if the service sent neither.
func (s *Schedule) Session() string {
	raw, err := s.SessionID.MarshalJSON()
	if err != nil {
		return ""
	}
	return textOf(raw)
}

// String returns one line for people: id, name, function and cron expression. It contains no nonce.
func (s Schedule) String() string {
	function := "no function"
	switch {
	case s.FunctionID != nil:
		function = fmt.Sprintf("function %d", *s.FunctionID)
	case s.FunctionExternalID != nil:
		function = "function with external id " + oneLine(*s.FunctionExternalID)
	}
	return fmt.Sprintf("schedule %d %q of %s: %s UTC", s.ID, s.Name, function, oneLine(s.CronExpression))
}

// LogValue returns the same line as String, for package slog.
func (s Schedule) LogValue() slog.Value { return slog.StringValue(s.String()) }

// InputData returns the data of the schedule's calls. See [SchedulesService.InputData].
func (s *Schedule) InputData(ctx context.Context) (json.RawMessage, error) {
	return s.client.Schedules.InputData(ctx, s.ID)
}

// Delete deletes the schedule. See [SchedulesService.Delete].
func (s *Schedule) Delete(ctx context.Context, opts ...IDsOption) error {
	return s.client.Schedules.Delete(ctx, []int64{s.ID}, opts...)
}

// Update retrieves the schedule again and overwrites s.
func (s *Schedule) Update(ctx context.Context) error {
	current, err := s.client.Schedules.Retrieve(ctx, s.ID)
	if err != nil {
		return err
	}
	*s = *current
	return nil
}

// ScheduleList is a list of schedules in the order of the response.
type ScheduleList []*Schedule

// IDs returns the ids of the schedules.
func (l ScheduleList) IDs() []int64 {
	return each(l, func(s *Schedule) int64 { return s.ID })
}

// Get returns the schedule with the id, or nil if the list does not contain it.
func (l ScheduleList) Get(id int64) *Schedule {
	return find(l, func(s *Schedule) bool { return s.ID == id })
}

// AsWrite converts each schedule and requests its input data. See [Schedule.AsWrite].
func (l ScheduleList) AsWrite(ctx context.Context) ([]ScheduleWrite, error) {
	writes := make([]ScheduleWrite, 0, len(l))
	for _, s := range l {
		w, err := s.AsWrite(ctx)
		if err != nil {
			return nil, err
		}
		writes = append(writes, w)
	}
	return writes, nil
}

// String returns one line for people.
func (l ScheduleList) String() string { return oneLineOf(l) }

// LogValue returns the same line as String, for package slog.
func (l ScheduleList) LogValue() slog.Value { return slog.StringValue(l.String()) }

// SchedulesFilter selects schedules by all fields that are set. The zero filter matches every schedule.
type SchedulesFilter struct {
	// Name matches exactly.
	Name string
	// Function is the called function, by id or external id.
	Function Identifier
	// CreatedTime matches the time of creation.
	CreatedTime TimeRange
	// CronExpression matches the exact string.
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

// List returns the schedules that match the filter, at most 25 unless [WithLimit] sets another limit. The API has no cursor
// for schedules. With [Unlimited], List requests 10,000 and returns a [*TruncatedError] if that many come back.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-schedules/operation/listFunctionSchedules
func (s *SchedulesService) List(ctx context.Context, filter SchedulesFilter, opts ...ListOption) (ScheduleList, error) {
	return collect(s.list(ctx, filter, defaultLimit, opts))
}

// All iterates over the schedules that match the filter, over all of them unless [WithLimit] sets a limit. Each range over
// the sequence sends a new request. An error is the last element.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-schedules/operation/listFunctionSchedules
func (s *SchedulesService) All(ctx context.Context, filter SchedulesFilter, opts ...ListOption) iter.Seq2[*Schedule, error] {
	return s.list(ctx, filter, Unlimited, opts)
}

func (s *SchedulesService) list(ctx context.Context, filter SchedulesFilter, limit int, opts []ListOption) iter.Seq2[*Schedule, error] {
	o, err := listSettings(limit, opts)
	if err != nil {
		return failed[*Schedule](err)
	}
	wire, err := filter.wire()
	if err != nil {
		return failed[*Schedule](err)
	}
	return single("schedules", o, func(limit int32) (_ []*Schedule, err error) {
		defer explain(&err, "list schedules")
		body := gen.FunctionScheduleListRequest{Filter: wire, Limit: &limit}
		got, err := received(s.client.api.ListFunctionSchedules(ctx, body))
		if err != nil {
			return nil, err
		}
		return s.bind(got.Items), nil
	})
}

func (s *SchedulesService) bind(items []gen.FunctionSchedule) []*Schedule {
	return each(items, func(item gen.FunctionSchedule) *Schedule { return &Schedule{FunctionSchedule: item, client: s.client} })
}

// Retrieve returns one schedule. An unknown schedule is an error that matches [ErrNotFound].
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-schedules/operation/byIdsFunctionSchedules
func (s *SchedulesService) Retrieve(ctx context.Context, id int64) (*Schedule, error) {
	found, err := s.RetrieveMultiple(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RetrieveMultiple returns schedules in the order of ids. It sends one request for each 1,000 schedules. A duplicate id is
// sent once and its schedule is returned for each occurrence. An unknown schedule is an error that matches [ErrNotFound].
// With [IgnoreUnknown] it is left out.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-schedules/operation/byIdsFunctionSchedules
func (s *SchedulesService) RetrieveMultiple(ctx context.Context, ids []int64, opts ...IDsOption) (_ ScheduleList, err error) {
	defer explain(&err, "retrieve %s", listed("schedule", ids))
	if err := checkIDs("schedule id", ids...); err != nil {
		return nil, err
	}
	o := idsSettings(opts)
	var found []*Schedule
	for chunk := range slices.Chunk(unique(ids), schedulesChunk) {
		body := gen.FunctionScheduleByIDsRequest{Items: scheduleReferences(chunk), IgnoreUnknownIDs: &o.ignoreUnknown}
		got, err := received(s.client.api.ByIDsFunctionSchedules(ctx, body))
		if err != nil {
			return nil, err
		}
		found = append(found, s.bind(got.Items)...)
	}
	all, missing := inOrder(ids, found, func(s *Schedule) int64 { return s.ID })
	if len(missing) > 0 && !o.ignoreUnknown {
		return nil, &NotFoundError{Resource: "schedule with id " + joinIDs(missing)}
	}
	return all, nil
}

func scheduleReferences(ids []int64) gen.FunctionScheduleReferences {
	return each(ids, func(id int64) gen.FunctionScheduleReference { return gen.FunctionScheduleReference{ID: id} })
}

// Create creates a schedule for a function. If fn is the zero Identifier, w.FunctionID identifies the function. An
// [*ArgumentError] names a field that breaks a rule, before a request is sent. Requests are retried as those of
// [Client.Start]. Create does not change w.
//
// Create makes a new session for the schedule's calls, with the credentials of [WithSession] or of the client. With w.Nonce
// or [WithNonce] it uses that session.
//
//   - A session from client credentials lasts as long as the credentials.
//   - A session from token exchange lasts as long as the identity provider renews it. Create fails if the client's token
//     cannot be exchanged.
//   - A one-shot session ends soon. Create makes one only if [WithSession] requests it.
//
// Capability: functionsAcl:WRITE. Sessions need sessionsAcl:CREATE, except with a nonce.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-schedules/operation/postFunctionSchedules
func (s *SchedulesService) Create(ctx context.Context, fn Identifier, w ScheduleWrite, opts ...SessionOption) (_ *Schedule, err error) {
	defer explain(&err, "create the schedule %q", w.Name)
	if fn == (Identifier{}) {
		fn = ID(w.FunctionID)
	} else if w.FunctionID != 0 && fn != ID(w.FunctionID) {
		return nil, &ArgumentError{Field: "FunctionID", Rule: "differs from the identifier of the function; leave it 0"}
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
			return &RequestError{Operation: gen.PostFunctionSchedulesOperation.ID, Attempts: 1, Err: errors.New("the response has no schedule")}
		}
		schedule = s.bind(got.Items)[0]
		return nil
	})
	return schedule, err
}

// Delete deletes schedules. Their calls remain. It sends one request for each 1,000 schedules. An unknown schedule is an
// error that matches [ErrNotFound], unless [IgnoreUnknown] is given. Schedules that earlier requests deleted stay deleted
// when a later request fails.
//
// Capability: functionsAcl:WRITE.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-schedules/operation/deleteFunctionSchedules
func (s *SchedulesService) Delete(ctx context.Context, ids []int64, opts ...IDsOption) (err error) {
	defer explain(&err, "delete %s", listed("schedule", ids))
	if err := checkIDs("schedule id", ids...); err != nil {
		return err
	}
	o := idsSettings(opts)
	for chunk := range slices.Chunk(ids, schedulesChunk) {
		err := s.delete(ctx, chunk)
		if o.ignoreUnknown && rejectsID(err) {
			err = s.deleteExisting(ctx, chunk, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *SchedulesService) delete(ctx context.Context, ids []int64) error {
	_, err := received(s.client.api.DeleteFunctionSchedules(ctx, gen.FunctionScheduleDeleteRequest{Items: scheduleReferences(ids)}))
	return err
}

// deleteExisting deletes those of ids that exist, because the API has no option to ignore unknown schedules. rejected is the
// error of the request for all ids, which deleted nothing.
func (s *SchedulesService) deleteExisting(ctx context.Context, ids []int64, rejected error) error {
	ids = unique(ids)
	existing, err := s.RetrieveMultiple(ctx, ids, IgnoreUnknown())
	switch {
	case err != nil:
		return err
	case len(existing) == len(ids):
		return rejected // for another reason
	case len(existing) == 0:
		return nil
	}
	return s.delete(ctx, existing.IDs())
}

// InputData returns the data of a schedule's calls as a JSON object, or nil if the schedule has no data.
//
// Capability: functionsAcl:READ.
// Reference: https://api-docs.cognite.com/20230101/tag/Function-schedules/operation/getFunctionScheduleInputData
func (s *SchedulesService) InputData(ctx context.Context, id int64) (_ json.RawMessage, err error) {
	defer explain(&err, "retrieve the input data of the schedule with id %d", id)
	if err := checkIDs("schedule id", id); err != nil {
		return nil, err
	}
	got, err := received(s.client.api.GetFunctionScheduleInputData(ctx, id))
	if err != nil || isNull(got.Data) {
		return nil, err
	}
	return got.Data, nil
}
