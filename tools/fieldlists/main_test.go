package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const generatedCode = `package gen

type File struct {
	// ID: the id of the file.
	ID Number ` + "`json:\"id\"`" + `

	// Name: the name of the file. It need not be unique.
	//
	// Example: code.zip
	Name *Name ` + "`json:\"name\"`" + `

	// State: the state.
	State FileState ` + "`json:\"state\"`" + `
	AdditionalProperties map[string]string ` + "`json:\"-\"`" + `
}

type Number = int64

type Name = string

type FileState string

const (
	NameMaxLength = 140
)
`

const packageCode = `package files

// File is a file.
//
// Fields:
//
//   - Old (string): a field that no longer exists
//
// It has methods.
type File struct{ gen.File }

// State is a state.
type State = gen.FileState
`

const wantCode = `package files

// File is a file.
//
// Fields:
//
//   - ID (int64): the id of the file.
//   - Name (*string): the name of the file. It need not be unique. Length: 0 to 140 characters.
//   - State (State): the state.
//
// It has methods.
type File struct{ gen.File }

// State is a state.
type State = gen.FileState
`

func TestUpdates(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ code, want string }{
		"other fields":     {packageCode, wantCode},
		"up to date":       {wantCode, ""},
		"without a list":   {strings.ReplaceAll(packageCode, "Fields:", "Other:"), ""},
		"list at the end":  {strings.Replace(packageCode, "//\n// It has methods.\n", "", 1), strings.Replace(wantCode, "//\n// It has methods.\n", "", 1)},
		"first generation": {strings.Replace(packageCode, "//   - Old (string): a field that no longer exists\n", "", 1), wantCode},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			generated, file := filepath.Join(dir, "gen", "gen.go"), filepath.Join(dir, "files.go")
			if err := os.Mkdir(filepath.Dir(generated), 0o700); err != nil {
				t.Fatal(err)
			}
			for path, content := range map[string]string{generated: generatedCode, file: tc.code} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := updates(generated, dir)
			if err != nil {
				t.Fatal(err)
			}
			if string(got[file]) != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got[file], tc.want)
			}
		})
	}
}

func TestListsOfTheWrapperAreUpToDate(t *testing.T) {
	t.Parallel()
	changed, err := updates("../../gen/gen.gen.go", "../../wrapper")
	if err != nil {
		t.Fatal(err)
	}
	if len(changed) > 0 {
		t.Errorf("the field lists in %q are out of date; run make generate", slices.Sorted(maps.Keys(changed)))
	}
}
