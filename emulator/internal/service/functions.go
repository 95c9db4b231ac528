package service

import (
	"context"
	"net/http"
	"slices"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// PostFunctions creates a function and starts its deployment.
func (s *Service) PostFunctions(ctx context.Context, request server.PostFunctionsRequestObject) (server.PostFunctionsResponseObject, error) {
	write, err := s.completed(request.Body.Items[0])
	if err != nil {
		return nil, err
	}
	f := &store.Function{CreatedTime: s.nowMillis(), Write: write, Status: gen.FunctionStatusQueued}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := s.checkRoom(tx, write); err != nil {
			return err
		}
		file, err := tx.Files().Get(write.FileID)
		switch {
		case err != nil:
			return err
		case file == nil:
			return missing("file", map[string]any{"fileId": write.FileID})
		case file.UploadedTime == 0:
			return envelope.BadRequest("the file %d is not uploaded yet: send its content to its uploadUrl first", write.FileID)
		}
		f.Code = file.Blob
		f.ID = newID(tx.Functions().Has)
		return tx.AddFunction(f)
	})
	if err != nil {
		return nil, err
	}
	s.deploy(f)
	answer := server.FunctionListJSONResponse{Items: []gen.Function{viewFunction(f)}}
	return server.PostFunctions201JSONResponse{FunctionListJSONResponse: answer}, nil
}

// checkRoom refuses a function above the project's number, and one whose external id is taken. The status 409 is a
// guess that clients share.
func (s *Service) checkRoom(tx *store.Tx, write gen.FunctionWrite) error {
	number := 0
	for _, row := range tx.Functions().Oldest() {
		if row.Err != nil {
			return row.Err
		}
		number++
		if write.ExternalID != nil && row.Value.Write.ExternalID != nil && *row.Value.Write.ExternalID == *write.ExternalID {
			problem := envelope.New(http.StatusConflict, "a function with the externalId %q exists already", *write.ExternalID)
			problem.Duplicated = []map[string]any{{"externalId": *write.ExternalID}}
			return problem
		}
	}
	if number >= s.Limits.Functions {
		return envelope.BadRequest("the project has %d functions already, which is its limit: delete one first", number)
	}
	return nil
}

// GetFunctions lists functions, oldest first; the order is a guess.
func (s *Service) GetFunctions(ctx context.Context, request server.GetFunctionsRequestObject) (server.GetFunctionsResponseObject, error) {
	list, err := s.functions(ctx, nil, limitOr(request.Params.Limit, gen.LimitDefault))
	return server.GetFunctions200JSONResponse{FunctionListJSONResponse: list}, err
}

// ListFunctions lists the functions that match a filter, in the order of GetFunctions.
func (s *Service) ListFunctions(ctx context.Context, request server.ListFunctionsRequestObject) (server.ListFunctionsResponseObject, error) {
	body := request.Body
	if body == nil {
		body = &gen.FunctionListRequest{}
	}
	list, err := s.functions(ctx, body.Filter, limitOr(body.Limit, gen.PageLimitDefault))
	return server.ListFunctions200JSONResponse{FunctionListJSONResponse: list}, err
}

func (s *Service) functions(ctx context.Context, filter *gen.FunctionFilter, limit int) (server.FunctionListJSONResponse, error) {
	list := server.FunctionListJSONResponse{Items: []gen.Function{}}
	matches, err := functionFilter.compile(filter)
	if err != nil {
		return list, err
	}
	err = s.Store.View(ctx, func(tx *store.Tx) error {
		list.Items, _, err = selection(tx.Functions().Oldest(), limit, func(f *store.Function) (gen.Function, bool) {
			view := viewFunction(f)
			return view, matches(&view)
		})
		return err
	})
	return list, err
}

// ByIDsFunctions retrieves functions in the order asked for.
func (s *Service) ByIDsFunctions(ctx context.Context, request server.ByIDsFunctionsRequestObject) (server.ByIDsFunctionsResponseObject, error) {
	list := server.FunctionListJSONResponse{Items: []gen.Function{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		found, err := findFunctions(tx, request.Body.Items, value(request.Body.IgnoreUnknownIDs))
		for _, f := range found {
			list.Items = append(list.Items, viewFunction(f))
		}
		return err
	})
	return server.ByIDsFunctions200JSONResponse{FunctionListJSONResponse: list}, err
}

// DeleteFunctions deletes functions with their schedules and calls; running calls are stopped. The code's files stay.
func (s *Service) DeleteFunctions(ctx context.Context, request server.DeleteFunctionsRequestObject) (server.DeleteFunctionsResponseObject, error) {
	var gone []*store.Function
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		var err error
		if gone, err = findFunctions(tx, request.Body.Items, value(request.Body.IgnoreUnknownIDs)); err != nil {
			return err
		}
		for _, f := range gone {
			if err := s.deleteSchedulesOf(tx, f.ID); err != nil {
				return err
			}
			if err := tx.DeleteFunction(f.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	codes := make([]string, len(gone))
	for i, f := range gone {
		s.forget(f.ID)
		codes[i] = f.Code
	}
	return server.DeleteFunctions200JSONResponse{}, s.Store.Sweep(codes...)
}

// findFunctions returns functions in the order asked for; one that is asked for twice comes once.
func findFunctions(tx *store.Tx, items []gen.FunctionReference, ignoreUnknown bool) ([]*store.Function, error) {
	wanted, err := references(items)
	if err != nil {
		return nil, err
	}
	found, err := theFunctions.resolve(tx.Functions(), wanted, ignoreUnknown)
	if err != nil {
		return nil, err
	}
	seen := map[int64]bool{}
	return slices.DeleteFunc(found, func(f *store.Function) bool {
		again := seen[f.ID]
		seen[f.ID] = true
		return again
	}), nil
}

// theFunctions is how functions are named; unlike files, their external ids are in snake_case in errors.
var theFunctions = named[store.Function]{"function", "external_id", func(f *store.Function) *string { return f.Write.ExternalID }}

// functionOf returns a function or the error for an unknown one.
func functionOf(tx *store.Tx, id int64) (*store.Function, error) {
	f, err := tx.Functions().Get(id)
	if err == nil && f == nil {
		err = missingID("function", id)
	}
	return f, err
}

// GetFunction retrieves one function.
func (s *Service) GetFunction(ctx context.Context, request server.GetFunctionRequestObject) (server.GetFunctionResponseObject, error) {
	var answer server.GetFunction200JSONResponse
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		f, err := functionOf(tx, request.FunctionID)
		if err == nil {
			answer = server.GetFunction200JSONResponse(viewFunction(f))
		}
		return err
	})
	return answer, err
}

// masked is shown instead of the value of a secret.
const masked = "***"

// viewFunction shows a function as answers do: secrets masked, package indexes left out.
func viewFunction(f *store.Function) gen.Function {
	view := gen.Function{
		ID: f.ID, CreatedTime: f.CreatedTime, Status: f.Status,
		RuntimeVersion: text(f.RuntimeVersion), LastCalled: millis(f.LastCalled),
	}
	showFunction.fill(&view, &f.Write)
	view.Secrets = nil
	for key := range f.Write.Secrets {
		if view.Secrets == nil {
			view.Secrets = gen.FunctionSecrets{}
		}
		view.Secrets[key] = masked
	}
	if f.Status == gen.FunctionStatusFailed {
		view.Error = &gen.FunctionBuildError{Message: new(f.ErrorMessage), Trace: new(f.ErrorTrace)}
	}
	return view
}

// value returns what a pointer points to, or the zero value.
func value[T any](pointer *T) T {
	if pointer == nil {
		var zero T
		return zero
	}
	return *pointer
}
