package emulator

import (
	"context"
	"net/http"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/gen/control"
)

// GetCalls returns the calls of a function.
func (a *controlAPI) GetCalls(ctx context.Context, request control.GetCallsRequestObject) (control.GetCallsResponseObject, error) {
	records, err := a.e.service.CallRecords(ctx, request.Function)
	return control.GetCalls200JSONResponse{Items: controlCalls(callRecords(records))}, err
}

func controlCalls(records []CallRecord) []control.Call {
	calls := make([]control.Call, len(records))
	for i, r := range records {
		calls[i] = control.Call{
			ID: r.ID, FunctionID: r.FunctionID, Status: string(r.Status), StartTime: r.StartTime.UnixMilli(), EndTime: millisOf(r.EndTime),
			ScheduleID: r.ScheduleID, ScheduledTime: millisOf(r.ScheduledTime), Error: r.Error, Trace: r.Trace,
			Response: r.Response, Log: append([]string{}, r.Log...),
		}
	}
	return calls
}

// millisOf returns a time in milliseconds since 1970, or 0 for the zero time.
func millisOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// ListRequests returns the last requests.
func (a *controlAPI) ListRequests(context.Context, control.ListRequestsRequestObject) (control.ListRequestsResponseObject, error) {
	list := control.ListRequests200JSONResponse{Items: []control.Request{}}
	for _, r := range a.e.Requests() {
		list.Items = append(list.Items, control.Request{
			Time: r.Time.UnixMilli(), ID: r.ID, Operation: r.Operation, Method: r.Method, Path: r.Path, Protocol: r.Protocol, Headers: r.Header,
			Body: r.Body, Status: r.Status, ResponseBody: r.ResponseBody, DurationSeconds: r.Duration.Seconds(), Fault: r.Fault,
		})
	}
	return list, nil
}

// CreateSnapshot takes a snapshot.
func (a *controlAPI) CreateSnapshot(context.Context, control.CreateSnapshotRequestObject) (control.CreateSnapshotResponseObject, error) {
	snapshot, err := a.e.Snapshot()
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lastID++
	a.snapshots[a.lastID] = snapshot
	return control.CreateSnapshot201JSONResponse{ID: a.lastID}, nil
}

// DeleteSnapshot deletes a snapshot.
func (a *controlAPI) DeleteSnapshot(_ context.Context, request control.DeleteSnapshotRequestObject) (control.DeleteSnapshotResponseObject, error) {
	snapshot, err := a.snapshot(request.SnapshotID)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.snapshots, request.SnapshotID)
	return control.DeleteSnapshot204Response{}, snapshot.Close()
}

// RestoreSnapshot restores a snapshot.
func (a *controlAPI) RestoreSnapshot(_ context.Context, request control.RestoreSnapshotRequestObject) (control.RestoreSnapshotResponseObject, error) {
	snapshot, err := a.snapshot(request.SnapshotID)
	if err != nil {
		return nil, err
	}
	return control.RestoreSnapshot204Response{}, a.e.Restore(snapshot)
}

func (a *controlAPI) snapshot(id int64) (*Snapshot, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if snapshot := a.snapshots[id]; snapshot != nil {
		return snapshot, nil
	}
	return nil, envelope.New(http.StatusNotFound, "there is no snapshot %d; it may be deleted already", id)
}

// Reset returns to the state after the start.
func (a *controlAPI) Reset(context.Context, control.ResetRequestObject) (control.ResetResponseObject, error) {
	return control.Reset204Response{}, a.e.Reset()
}

// Dump returns a readable description of the state.
func (a *controlAPI) Dump(context.Context, control.DumpRequestObject) (control.DumpResponseObject, error) {
	text := a.e.Dump()
	return control.Dump200TextResponse(text), nil
}
