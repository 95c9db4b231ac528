package pythontogo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) iterate(ctx context.Context, client *functions.Client) error {
	// snippet: iterate
	var names []string
	for fn, err := range client.All(ctx, functions.Filter{}) {
		if err != nil {
			return err
		}
		names = append(names, fn.Name)
	}
	// end
	p.equal("names", names, []string{"my-function"})
	return nil
}

func (p *project) chunks(ctx context.Context, client *functions.Client) error {
	// snippet: chunks
	var chunks []int
	for fns, err := range functions.Chunk(client.All(ctx, functions.Filter{}), 100) {
		if err != nil {
			return err
		}
		chunks = append(chunks, len(fns))
	}
	// end
	p.equal("sizes of chunks", chunks, []int{1})
	return nil
}

func (p *project) createFolder(ctx context.Context, client *functions.Client) error {
	// snippet: create-folder
	w := functions.FunctionWrite{Name: "Adder", ExternalID: new("adder")}
	fn, err := client.Create(ctx, w, functions.Folder("./my-function"))
	if err != nil {
		return err
	}
	// end
	p.equal("status", fn.Status, functions.FunctionQueued)
	file, err := client.Files.Retrieve(ctx, functions.ID(fn.FileID))
	if err != nil {
		return err
	}
	p.equal("name of the code file", file.Name, "Adder.zip")
	p.equal("external id of the code file", file.ExternalID, (*string)(nil))
	return nil
}

func (p *project) createFile(ctx context.Context, client *functions.Client) error {
	fileID := p.fn.FileID
	// snippet: create-file
	fn, err := client.Create(ctx, functions.FunctionWrite{Name: "Adder"}, functions.FileID(fileID))
	if err != nil {
		return err
	}
	// end
	p.equal("file id", fn.FileID, fileID)
	return nil
}

func (p *project) createHandler(ctx context.Context, client *functions.Client) error {
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
	p.equal("status", fn.Status, functions.FunctionReady)
	return nil
}

func (p *project) createFields(ctx context.Context, client *functions.Client) error {
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
		functions.WithFileExternalID("adder-code"), // overwrites a file with this external id
		functions.WithoutValidation(),
	)
	if err != nil {
		return err
	}
	// end
	p.equal("owner", *fn.Owner, "me@example.com")
	file, err := client.Files.Retrieve(ctx, functions.ExternalID("adder-code"))
	if err != nil {
		return err
	}
	p.equal("data set of the code file", *file.DataSetID, dataSetID)
	return nil
}

func (p *project) sourceCheck(context.Context, *functions.Client) error {
	// snippet: source-check
	_, err := functions.HandlerText("def handle(config):\n    return config\n").Pack(functions.FunctionWrite{Name: "My handler"})
	if invalid, ok := errors.AsType[*functions.SourceError](err); ok {
		fmt.Println(invalid.File, invalid.Line, invalid.Message)
	}
	// end
	invalid, ok := errors.AsType[*functions.SourceError](err)
	if !ok {
		return err
	}
	p.equal("place", fmt.Sprint(invalid.File, ":", invalid.Line), "handler.py:1")
	p.equal("message names the argument", strings.Contains(invalid.Message, "config"), true)
	_, err = functions.Folder("./my-function").Pack(functions.FunctionWrite{Name: "Adder"})
	return err
}

func (p *project) retrieve(ctx context.Context, client *functions.Client) error {
	// snippet: retrieve
	fn, err := client.Retrieve(ctx, functions.ExternalID("my-function")) // or functions.ID(42)
	if errors.Is(err, functions.ErrNotFound) {
		fmt.Println("not found")
	} else if err != nil {
		return err
	}
	// end
	p.equal("id", fn.ID, p.fn.ID)
	_, err = client.Retrieve(ctx, functions.ID(1))
	p.errorIs(err, functions.ErrNotFound)
	return nil
}

func (p *project) retrieveMultiple(ctx context.Context, client *functions.Client) error {
	// snippet: retrieve-multiple
	ids := []functions.Identifier{functions.ID(42), functions.ExternalID("my-function")}
	fns, err := client.RetrieveMultiple(ctx, ids, functions.IgnoreUnknown())
	if err != nil {
		return err
	}
	// end
	p.equal("functions", fns.IDs(), []int64{p.fn.ID})
	return nil
}

func (p *project) list(ctx context.Context, client *functions.Client) error {
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
	p.equal("functions", fns.ExternalIDs(), []string{"my-function"})
	return nil
}

func (p *project) deleteMultiple(ctx context.Context, client *functions.Client) error {
	// snippet: delete
	ids := []functions.Identifier{functions.ID(42), functions.ExternalID("my-function")}
	if err := client.Delete(ctx, ids, functions.IgnoreUnknown()); err != nil {
		return err
	}
	// end
	_, err := client.Retrieve(ctx, p.fn.Identifier())
	p.errorIs(err, functions.ErrNotFound)
	_, err = client.Files.Retrieve(ctx, functions.ID(p.fn.FileID))
	return err
}

func (p *project) deleteFunction(ctx context.Context, client *functions.Client) error {
	fn := p.fn
	// snippet: delete-function
	if err := fn.Delete(ctx); err != nil {
		return err
	}
	// end
	_, err := client.Retrieve(ctx, fn.Identifier())
	p.errorIs(err, functions.ErrNotFound)
	return nil
}

func (p *project) functionFields(context.Context, *functions.Client) error {
	fn := p.fn
	// snippet: function-fields
	fmt.Println(fn.ID, fn.Name, fn.Status, fn.FileID)
	if fn.Owner != nil { // fields that may be absent are pointers
		fmt.Println(*fn.Owner)
	}
	fmt.Println(fn.Created(), fn.LastCall().IsZero()) // time.Time; fn.CreatedTime is in milliseconds
	if fn.Error != nil && fn.Error.Message != nil {
		fmt.Println(*fn.Error.Message)
	}
	for name, value := range fn.AdditionalProperties { // fields that this version does not know
		fmt.Println(name, string(value))
	}
	// end
	p.equal("created before now", fn.Created().Before(time.Now().Add(time.Second)), true)
	return nil
}

func (p *project) functionMethods(ctx context.Context, client *functions.Client) error {
	fn := p.fn
	p.createSchedule(ctx, client)
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
	if err := fn.Update(ctx); err != nil { // retrieves it again
		return err
	}
	// end
	p.equal("numbers of calls and schedules", []int{len(calls), len(schedules)}, []int{2, 1})
	p.equal("call id", again.ID, call.ID)
	p.equal("last call is known", fn.LastCall().IsZero(), false)
	return nil
}

func (p *project) functionWrite(ctx context.Context, client *functions.Client) error {
	p.fn.Secrets = map[string]string{"api-key": "***"}
	fn := p.fn
	// snippet: function-write
	w := fn.AsWrite()
	w.ExternalID = new("my-function-2")
	w.Secrets = map[string]string{"api-key": "12345"} // AsWrite returns "***", which Create rejects
	copied, err := client.Create(ctx, w, functions.FileID(fn.FileID))
	if err != nil {
		return err
	}
	// end
	p.equal("name", copied.Name, fn.Name)
	p.equal("secrets of the original", fn.Secrets["api-key"], "***")
	_, err = client.Create(ctx, fn.AsWrite(), functions.FileID(fn.FileID))
	p.errorIs(err, functions.ErrInvalid)
	return nil
}
