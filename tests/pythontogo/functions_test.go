package pythontogo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (s *fixture) iterate(ctx context.Context, client *functions.Client) error {
	// snippet: iterate
	var names []string
	for fn, err := range client.All(ctx, functions.Filter{}) {
		if err != nil {
			return err
		}
		names = append(names, fn.Name)
	}
	// end
	s.want("names", names, []string{"My function"})
	return nil
}

func (s *fixture) chunks(ctx context.Context, client *functions.Client) error {
	// snippet: chunks
	var chunks []int
	for fns, err := range functions.Chunk(client.All(ctx, functions.Filter{}), 100) {
		if err != nil {
			return err
		}
		chunks = append(chunks, len(fns))
	}
	// end
	s.want("sizes of the chunks", chunks, []int{1})
	return nil
}

func (s *fixture) createFolder(ctx context.Context, client *functions.Client) error {
	// snippet: create-folder
	w := functions.FunctionWrite{Name: "Adder", ExternalID: new("adder")}
	fn, err := client.Create(ctx, w, functions.Folder("./my-function"))
	if err != nil {
		return err
	}
	// end
	s.want("status", fn.Status, functions.FunctionQueued)
	file, err := client.Files.Retrieve(ctx, functions.ID(fn.FileID))
	if err != nil {
		return err
	}
	s.want("file name", file.Name, "Adder.zip")
	s.want("external id of the file is nil", file.ExternalID == nil, true)
	return nil
}

func (s *fixture) createFile(ctx context.Context, client *functions.Client) error {
	fileID := s.fn.FileID
	// snippet: create-file
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "Adder"}, functions.FileID(fileID))
	if err != nil {
		return err
	}
	// end
	s.want("file", fn.FileID, fileID)
	return nil
}

func (s *fixture) createHandler(ctx context.Context, client *functions.Client) error {
	// snippet: create-handler
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "my-handler"}, functions.HandlerText(`
def handle(client, data):
    """
    [requirements]
    pandas>=2
    [/requirements]
    """
    return {"sum": data["a"] + data["b"]}
`))
	if err != nil {
		return err
	}
	fn, err = fn.WaitReady(ctx)
	if err != nil {
		return err
	}
	// end
	s.want("status", fn.Status, functions.FunctionReady)
	return nil
}

func (s *fixture) createFields(ctx context.Context, client *functions.Client) error {
	dataSetID := int64(7)
	// snippet: create-fields
	fn, err := client.Create(ctx, functions.FunctionWrite{
		Name:           "Adder",
		ExternalID:     new("adder"),
		Description:    new("Adds numbers."),
		Owner:          new("me@example.com"),
		FunctionPath:   new("handler.py"),
		Secrets:        map[string]string{"api-key": "12345"},
		EnvVars:        map[string]string{"LEVEL": "debug"},
		CPU:            new(1.0), // cores
		Memory:         new(1.5), // GB
		Runtime:        new(functions.RuntimePy312),
		Metadata:       map[string]string{"team": "a"},
		IndexURL:       new("https://pypi.example.com/simple"),
		ExtraIndexURLs: []string{"https://more.example.com/simple"},
	}, functions.Folder("./my-function"),
		functions.WithFileDataSet(dataSetID),
		functions.WithFileExternalID("adder-code"), // overwrites the file with this external id
		functions.WithoutValidation(),
	)
	if err != nil {
		return err
	}
	// end
	s.want("owner", *fn.Owner, "me@example.com")
	file, err := client.Files.Retrieve(ctx, functions.ExternalID("adder-code"))
	if err != nil {
		return err
	}
	s.want("data set", *file.DataSetID, dataSetID)
	return nil
}

func (s *fixture) check(context.Context, *functions.Client) error {
	// snippet: check
	_, err := functions.HandlerText("def handle(config):\n    return config\n").Pack(functions.FunctionWrite{Name: "My handler"})
	if sourceErr, ok := errors.AsType[*functions.SourceError](err); ok {
		fmt.Println(sourceErr.File, sourceErr.Line, sourceErr.Message)
	}
	// end
	sourceErr, ok := errors.AsType[*functions.SourceError](err)
	s.want("is a SourceError", ok, true)
	s.want("place", fmt.Sprint(sourceErr.File, ":", sourceErr.Line), "handler.py:1")
	s.want("message names the argument", strings.Contains(sourceErr.Message, "config"), true)
	_, err = functions.Folder("./my-function").Pack(functions.FunctionWrite{Name: "Adder"})
	return err
}

func (s *fixture) retrieve(ctx context.Context, client *functions.Client) error {
	// snippet: retrieve
	fn, err := client.Retrieve(ctx, functions.ExternalID("my-function")) // or functions.ID(42)
	if errors.Is(err, functions.ErrNotFound) {
		fmt.Println("there is no such function")
	} else if err != nil {
		return err
	}
	// end
	s.want("id", fn.ID, s.fn.ID)
	_, err = client.Retrieve(ctx, functions.ID(1))
	s.want("unknown function matches ErrNotFound", errors.Is(err, functions.ErrNotFound), true)
	return nil
}

func (s *fixture) retrieveMultiple(ctx context.Context, client *functions.Client) error {
	// snippet: retrieve-multiple
	ids := []functions.Identifier{functions.ID(42), functions.ExternalID("my-function")}
	fns, err := client.RetrieveMultiple(ctx, ids, functions.IgnoreUnknown())
	if err != nil {
		return err
	}
	// end
	s.want("functions", fns.IDs(), []int64{s.fn.ID})
	return nil
}

func (s *fixture) list(ctx context.Context, client *functions.Client) error {
	lastWeek := time.Now().AddDate(0, 0, -7)
	// snippet: list
	fns, err := client.List(ctx, functions.Filter{
		Status:           functions.FunctionReady,
		ExternalIDPrefix: "my-",
		CreatedTime:      functions.TimeRange{From: lastWeek},
	}, functions.WithLimit(100))
	if err != nil {
		return err
	}
	// end
	s.want("functions", fns.ExternalIDs(), []string{"my-function"})
	return nil
}

func (s *fixture) deleteMany(ctx context.Context, client *functions.Client) error {
	// snippet: delete
	ids := []functions.Identifier{functions.ID(42), functions.ExternalID("my-function")}
	if err := client.Delete(ctx, ids, functions.IgnoreUnknown()); err != nil {
		return err
	}
	// end
	_, err := client.Retrieve(ctx, s.fn.Identifier())
	s.want("Retrieve after Delete matches ErrNotFound", errors.Is(err, functions.ErrNotFound), true)
	_, err = client.Files.Retrieve(ctx, functions.ID(s.fn.FileID))
	return err
}

func (s *fixture) deleteFunction(ctx context.Context, client *functions.Client) error {
	fn := s.fn
	// snippet: delete-function
	if err := fn.Delete(ctx); err != nil { // fn is a *functions.Function
		return err
	}
	// end
	_, err := client.Retrieve(ctx, fn.Identifier())
	s.want("Retrieve after Delete matches ErrNotFound", errors.Is(err, functions.ErrNotFound), true)
	return nil
}

func (s *fixture) functionFields(context.Context, *functions.Client) error {
	fn := s.fn
	// snippet: function-fields
	fmt.Println(fn.ID, fn.Name, fn.Status, fn.FileID)
	if fn.Owner != nil { // fields that may be absent are pointers
		fmt.Println(*fn.Owner)
	}
	fmt.Println(fn.Created(), fn.LastCall()) // both are time.Time; fn.CreatedTime is in milliseconds
	if fn.Error != nil && fn.Error.Message != nil {
		fmt.Println(*fn.Error.Message)
	}
	for name, value := range fn.AdditionalProperties { // fields that this version does not know
		fmt.Println(name, string(value))
	}
	// end
	s.want("created in the past", fn.Created().Before(time.Now().Add(time.Second)), true)
	return nil
}

func (s *fixture) functionMethods(ctx context.Context, client *functions.Client) error {
	fn := s.fn
	s.createSchedule(ctx, client)
	// snippet: function-methods
	call, err := fn.Call(ctx, map[string]any{"a": 1, "b": 2})
	if err != nil {
		return err
	}
	calls, err := fn.ListCalls(ctx, functions.CallsFilter{Status: functions.CallCompleted}, functions.WithLimit(10))
	if err != nil {
		return err
	}
	schedules, err := fn.ListSchedules(ctx)
	if err != nil {
		return err
	}
	again, err := fn.RetrieveCall(ctx, call.ID)
	if err != nil {
		return err
	}
	if err := fn.Update(ctx); err != nil { // retrieves the function again and overwrites fn
		return err
	}
	// end
	s.want("calls, schedules", []int{len(calls), len(schedules)}, []int{2, 1})
	s.want("call", again.ID, call.ID)
	s.want("LastCall is zero", fn.LastCall().IsZero(), false)
	return nil
}

func (s *fixture) functionWrite(ctx context.Context, client *functions.Client) error {
	s.fn.Secrets = map[string]string{"api-key": "***"}
	fn := s.fn
	// snippet: function-write
	w := fn.AsWrite()
	w.ExternalID = new("my-function-2")
	w.Secrets = map[string]string{"api-key": "12345"} // the copied value is "***", which Create rejects
	second, err := client.Create(ctx, w, functions.FileID(fn.FileID))
	if err != nil {
		return err
	}
	// end
	s.want("name", second.Name, fn.Name)
	s.want("secrets of the first function", fn.Secrets["api-key"], "***")
	_, err = client.Create(ctx, fn.AsWrite(), functions.FileID(fn.FileID))
	s.want("masked secrets match ErrInvalid", errors.Is(err, functions.ErrInvalid), true)
	return nil
}
