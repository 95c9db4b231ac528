package service

import (
	"context"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// PostFunctions creates a function and starts its deployment.
func (s *Service) PostFunctions(ctx context.Context, request server.PostFunctionsRequestObject) (server.PostFunctionsResponseObject, error) {
	write, err := s.normalize(request.Body.Items[0])
	if err != nil {
		return nil, err
	}
	f := &store.Function{CreatedTime: s.nowMillis(), Write: write, Status: gen.FunctionStatusQueued}
	err = s.Store.Update(ctx, func(tx *store.Tx) error {
		if err := s.checkNewFunction(tx, write); err != nil {
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
	response := server.FunctionListJSONResponse{Items: []gen.Function{viewFunction(f)}}
	return server.PostFunctions201JSONResponse{FunctionListJSONResponse: response}, nil
}

// checkNewFunction rejects a function above the limit of the project or with the external id of another function.
func (s *Service) checkNewFunction(tx *store.Tx, write gen.FunctionWrite) error {
	number := 0
	for _, row := range tx.Functions().Oldest() {
		if row.Err != nil {
			return row.Err
		}
		number++
		if write.ExternalID != nil && row.Value.Write.ExternalID != nil && *row.Value.Write.ExternalID == *write.ExternalID {
			problem := envelope.New(s.profile().Assumptions.DuplicateStatus, "a function with the externalId %q exists already", *write.ExternalID)
			problem.Duplicated = []map[string]any{{"externalId": *write.ExternalID}}
			return problem
		}
	}
	if number >= s.profile().Limits.Functions {
		return envelope.BadRequest("the project has %d functions already, which is its limit: delete one first", number)
	}
	return nil
}

// GetFunctions lists functions, oldest first. The order is a guess.
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
	err = s.viewPolled(ctx, func(tx *store.Tx) ([]callKey, error) {
		list.Items, _, err = collect(tx.Functions().Oldest(), limit, func(f *store.Function) (gen.Function, bool) {
			view := viewFunction(f)
			return view, matches(&view)
		})
		return deploymentsOf(list.Items...), err
	})
	return list, err
}

// ByIDsFunctions returns functions in the order of the request.
func (s *Service) ByIDsFunctions(ctx context.Context, request server.ByIDsFunctionsRequestObject) (server.ByIDsFunctionsResponseObject, error) {
	var list server.FunctionListJSONResponse
	err := s.viewPolled(ctx, func(tx *store.Tx) ([]callKey, error) {
		found, err := findFunctions(tx, request.Body.Items, valueOrZero(request.Body.IgnoreUnknownIDs))
		list.Items = []gen.Function{}
		for _, f := range found {
			list.Items = append(list.Items, viewFunction(f))
		}
		return deploymentsOf(list.Items...), err
	})
	return server.ByIDsFunctions200JSONResponse{FunctionListJSONResponse: list}, err
}

// DeleteFunctions deletes functions with their schedules and calls. It stops running calls. It does not delete the files
// of the code.
func (s *Service) DeleteFunctions(ctx context.Context, request server.DeleteFunctionsRequestObject) (server.DeleteFunctionsResponseObject, error) {
	var deleted []*store.Function
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		var err error
		if deleted, err = findFunctions(tx, request.Body.Items, valueOrZero(request.Body.IgnoreUnknownIDs)); err != nil {
			return err
		}
		for _, f := range deleted {
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
	codes := make([]string, len(deleted))
	for i, f := range deleted {
		s.stopFunction(f.ID)
		codes[i] = f.Code
	}
	return server.DeleteFunctions200JSONResponse{}, s.Store.Sweep(codes...)
}

// findFunctions returns functions in the order of the request, without duplicates.
func findFunctions(tx *store.Tx, items []gen.FunctionReference, ignoreUnknown bool) ([]*store.Function, error) {
	found, err := byReferences(functionResource, tx.Functions(), items, ignoreUnknown)
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

// functionOf returns a function, or the error for an unknown function.
func functionOf(tx *store.Tx, id int64) (*store.Function, error) {
	return byID(tx.Functions(), "function", id)
}

// GetFunction returns one function.
func (s *Service) GetFunction(ctx context.Context, request server.GetFunctionRequestObject) (server.GetFunctionResponseObject, error) {
	var response server.GetFunction200JSONResponse
	err := s.viewPolled(ctx, func(tx *store.Tx) ([]callKey, error) {
		f, err := functionOf(tx, request.FunctionID)
		if err != nil {
			return nil, err
		}
		view := viewFunction(f)
		response = server.GetFunction200JSONResponse(view)
		return deploymentsOf(view), nil
	})
	return response, err
}

// masked replaces the values of secrets in responses.
const masked = "***"

// viewFunction returns a function for a response, with masked secrets and without package indexes.
func viewFunction(f *store.Function) gen.Function {
	view := gen.Function{
		ID: f.ID, CreatedTime: f.CreatedTime, Status: f.Status,
		RuntimeVersion: optional(f.RuntimeVersion), LastCalled: optional(f.LastCalled),
	}
	functionCopier.copy(&view, &f.Write)
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

// GetFunctionsStatus always returns that Functions are activated.
func (s *Service) GetFunctionsStatus(context.Context, server.GetFunctionsStatusRequestObject) (server.GetFunctionsStatusResponseObject, error) {
	return server.GetFunctionsStatus200JSONResponse{FunctionsStatusJSONResponse: activated()}, nil
}

// PostFunctionsStatus returns the same status as GetFunctionsStatus, like the service after activation.
func (s *Service) PostFunctionsStatus(context.Context, server.PostFunctionsStatusRequestObject) (server.PostFunctionsStatusResponseObject, error) {
	return server.PostFunctionsStatus202JSONResponse{FunctionsStatusJSONResponse: activated()}, nil
}

func activated() server.FunctionsStatusJSONResponse {
	return server.FunctionsStatusJSONResponse{Status: gen.ActivationStatusActivated}
}

const defaultFunctionPath = "handler.py"

// Rules of the description that OpenAPI cannot express. It is a guess that the service enforces the pattern for keys of
// secrets: examples in the vendor's documentation use MySecret and API_KEY.
var (
	secretKey       = regexp.MustCompile(gen.FunctionSecretsKeyPattern)
	envVarKey       = regexp.MustCompile(gen.FunctionEnvVarsKeyPattern)
	reservedSecrets = strings.Fields(gen.FunctionSecretsReservedKeys)
)

// normalize checks the rules that the description cannot express, removes empty strings, and sets default values.
func (s *Service) normalize(w gen.FunctionWrite) (gen.FunctionWrite, error) {
	dropEmpty(&w)
	for _, check := range []error{
		checkSecrets(w.Secrets), checkEnvVars(w.EnvVars), checkMetadata(w.Metadata), checkFunctionPath(valueOrZero(w.FunctionPath)),
		s.checkSize(w),
	} {
		if check != nil {
			return w, check
		}
	}
	if w.FunctionPath == nil {
		w.FunctionPath = new(defaultFunctionPath)
	}
	w.CPU = sizeOf(w.CPU, s.profile().Limits.CPU.Min, s.profile().Limits.CPU.Default)
	w.Memory = sizeOf(w.Memory, s.profile().Limits.Memory.Min, s.profile().Limits.Memory.Default)
	if w.Runtime == nil {
		w.Runtime = new(s.profile().Limits.defaultRuntime())
	}
	return w, nil
}

// sizeOf returns the cores or memory of a function that requests a size: at least the minimum, or the default for nil.
func sizeOf(requested *float64, minimum, standard float64) *float64 {
	if requested == nil {
		return &standard
	}
	return new(max(*requested, minimum))
}

// checkSecrets checks secrets. Its errors never contain a secret's value.
func checkSecrets(secrets gen.FunctionSecrets) error {
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		switch {
		case slices.Contains(reservedSecrets, key):
			return envelope.BadRequest("the secret key %q is reserved: choose another one", key)
		case !secretKey.MatchString(key):
			return envelope.BadRequest("the secret key %q is not valid: it must match %s", key, gen.FunctionSecretsKeyPattern)
		case len(key)+len(secrets[key]) > gen.FunctionSecretsMaxEntryBytes:
			return envelope.BadRequest("the secret %q is too large: key and value together may have %d bytes", key, gen.FunctionSecretsMaxEntryBytes)
		}
	}
	return nil
}

func checkEnvVars(envVars gen.FunctionEnvVars) error {
	for _, key := range slices.Sorted(maps.Keys(envVars)) {
		if !envVarKey.MatchString(key) {
			return envelope.BadRequest("the environment variable %q is not valid: it must match %s", key, gen.FunctionEnvVarsKeyPattern)
		}
		if strings.ContainsRune(envVars[key], 0) {
			return envelope.BadRequest("the environment variable %q contains a zero byte, which environment variables cannot have", key)
		}
	}
	return nil
}

func checkMetadata(metadata gen.Metadata) error {
	size := 0
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		if utf8.RuneCountInString(key) > gen.MetadataMaxKeyLength {
			return envelope.BadRequest("the metadata key %q is too long: %d characters are allowed", key, gen.MetadataMaxKeyLength)
		}
		if utf8.RuneCountInString(metadata[key]) > gen.MetadataMaxValueLength {
			return envelope.BadRequest("the metadata value of %q is too long: %d characters are allowed", key, gen.MetadataMaxValueLength)
		}
		size += len(key) + len(metadata[key])
	}
	if size > gen.MetadataMaxBytes {
		return envelope.BadRequest("the metadata has %d bytes: %d are allowed", size, gen.MetadataMaxBytes)
	}
	return nil
}

// checkFunctionPath accepts relative paths inside the archive. It is a guess that the service rejects other paths here
// and not during the deployment.
func checkFunctionPath(functionPath string) error {
	clean := path.Clean(functionPath)
	if path.IsAbs(functionPath) || clean == ".." || strings.HasPrefix(clean, "../") || strings.Contains(functionPath, `\`) {
		return envelope.BadRequest("the functionPath %q is not valid: use a relative path with forward slashes inside the zip file",
			functionPath)
	}
	return nil
}

func (s *Service) checkSize(w gen.FunctionWrite) error {
	cpu, memory, rejectSmall := s.profile().Limits.CPU, s.profile().Limits.Memory, s.profile().Assumptions.RejectSmallSizes
	if w.CPU != nil && (*w.CPU < cpu.Min && rejectSmall || *w.CPU > cpu.Max) {
		return envelope.BadRequest("cpu is %g: it must be between %g and %g", *w.CPU, cpu.Min, cpu.Max)
	}
	if w.Memory != nil && (*w.Memory < memory.Min && rejectSmall || *w.Memory > memory.Max) {
		return envelope.BadRequest("memory is %g: it must be between %g and %g", *w.Memory, memory.Min, memory.Max)
	}
	if w.Runtime != nil && !slices.Contains(s.profile().Limits.Runtimes, string(*w.Runtime)) {
		return envelope.BadRequest("the runtime %q is not on offer: choose one of %s", *w.Runtime, strings.Join(s.profile().Limits.Runtimes, ", "))
	}
	return nil
}
