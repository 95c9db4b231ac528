package service

import (
	"encoding/json"
	"net/http"

	"github.com/cogfn/cogfn/gen"
)

// The generated answers serve wherever they can. Three kinds of answer cannot use them: lists of functions and of files,
// whose elements would write an absent map as null, which the description forbids; and the empty object, which the
// generated type writes with a field in it.

// plainFunction is a function without the generated method that writes absent maps as null.
type plainFunction gen.Function

type functionList struct {
	status int
	items  []plainFunction
}

func (l functionList) write(w http.ResponseWriter) error {
	return writeJSON(w, l.status, map[string]any{"items": l.items})
}

// VisitGetFunctionsResponse writes the list.
func (l functionList) VisitGetFunctionsResponse(w http.ResponseWriter) error { return l.write(w) }

// VisitPostFunctionsResponse writes the list.
func (l functionList) VisitPostFunctionsResponse(w http.ResponseWriter) error { return l.write(w) }

// VisitListFunctionsResponse writes the list.
func (l functionList) VisitListFunctionsResponse(w http.ResponseWriter) error { return l.write(w) }

// VisitByIdsFunctionsResponse writes the list.
func (l functionList) VisitByIdsFunctionsResponse(w http.ResponseWriter) error { return l.write(w) }

// plainFile is a file without the generated method that writes absent maps as null.
type plainFile gen.FileMetadata

type fileList []plainFile

// VisitByIdsFilesResponse writes the list.
func (l fileList) VisitByIdsFilesResponse(w http.ResponseWriter) error {
	return writeJSON(w, http.StatusOK, map[string]any{"items": []plainFile(l)})
}

// empty is the answer {}.
type empty struct{}

// VisitDeleteFunctionsResponse writes {}.
func (e empty) VisitDeleteFunctionsResponse(w http.ResponseWriter) error { return e.write(w) }

// VisitDeleteFunctionSchedulesResponse writes {}.
func (e empty) VisitDeleteFunctionSchedulesResponse(w http.ResponseWriter) error { return e.write(w) }

// VisitDeleteFilesResponse writes {}.
func (e empty) VisitDeleteFilesResponse(w http.ResponseWriter) error { return e.write(w) }

func (e empty) write(w http.ResponseWriter) error { return writeJSON(w, http.StatusOK, e) }

func writeJSON(w http.ResponseWriter, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(text)
	return err
}
