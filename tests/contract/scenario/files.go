package scenario

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

// project records the operations on the whole project.
func (s *scenario) project() error {
	return errors.Join(
		errorOf(s.client.Limits(s.ctx)),
		errorOf(s.client.Status(s.ctx)),
		errorOf(s.client.Activate(s.ctx)),
	)
}

// files uploads files with all fields, and with the required ones only.
func (s *scenario) files() error {
	archive, err := zipped(handler)
	if err != nil {
		return err
	}
	plain, err := s.client.Files.Upload(s.ctx, functions.FileWrite{Name: s.Name + "-plain.zip"}, archive)
	if err != nil {
		return err
	}
	s.plainFile = plain.ID
	s.deleteFileLater(functions.ID(plain.ID))
	write := s.fullFile()
	s.deleteFileLater(functions.ExternalID(*write.ExternalID))
	full, err := s.client.Files.Upload(s.ctx, write, archive)
	if err != nil {
		return err
	}
	s.code = full.ID
	return errors.Join(
		rejected(errorOf(s.client.Files.Upload(s.ctx, write, archive))), // the external id is taken
		errorOf(s.client.Files.Upload(s.ctx, write, archive, functions.WithOverwrite())),
		s.fromBrowser(),
		s.geometries(),
		s.readFiles(functions.ID(full.ID), functions.ExternalID(*write.ExternalID)),
	)
}

func (s *scenario) deleteFileLater(id functions.Identifier) {
	s.atEnd(func(ctx context.Context) error { return s.client.Files.Delete(ctx, []functions.Identifier{id}) })
}

// fullFile returns a file with all fields. Fields that refer to other resources, such as assets, are set for emulators only.
func (s *scenario) fullFile() functions.FileWrite {
	write := functions.FileWrite{
		Name: s.Name + ".zip", ExternalID: new(s.Name + "-code"), Directory: new("/functions"), Source: new("scenario"),
		MimeType: new("application/zip"), Metadata: map[string]string{"purpose": "contract tests"},
		SourceCreatedTime: new(int64(1585350274000)), SourceModifiedTime: new(int64(1585350276000)),
		GeoLocation: feature(`{"type": "Point", "coordinates": [10.75, 59.91]}`,
			`{"city": "Oslo", "floors": 2, "open": true, "owner": null}`),
	}
	if s.Emulated {
		write.AssetIDs, write.DataSetID, write.SecurityCategories = []int64{1, 2}, new(int64(3)), []int64{4}
		write.Labels = []gen.Label{{ExternalID: "contract"}}
	}
	return write
}

// fromBrowser creates a file as a web page does, with an origin.
func (s *scenario) fromBrowser() error {
	params := &gen.InitFileUploadParams{Origin: new("https://apps.example.com"), Overwrite: new(false)}
	write := gen.FileWrite{Name: s.Name + "-web.zip", ExternalID: new(s.Name + "-web")}
	s.deleteFileLater(functions.ExternalID(*write.ExternalID))
	registered, err := s.client.Gen().InitFileUpload(s.ctx, params, write)
	if err != nil {
		return err
	}
	body := gen.FileDownloadLinkRequest{Items: []gen.FileReference{fileReference(registered.ID)}}
	return errors.Join(
		errorOf(s.client.Gen().GetFileByInternalID(s.ctx, registered.ID)),
		rejected(errorOf(s.client.Gen().DownloadLinks(s.ctx, nil, body))), // the file has no content
	)
}

// geometries creates a file with each kind of geometry.
func (s *scenario) geometries() error {
	for _, shape := range []struct{ kind, coordinates string }{
		{"LineString", `[[1, 2], [3, 4]]`},
		{"Polygon", `[[[0, 0], [1, 0], [1, 1], [0, 0]]]`},
		{"MultiPoint", `[[1, 2]]`},
		{"MultiLineString", `[[[1, 2], [3, 4]]]`},
		{"MultiPolygon", `[[[[0, 0], [1, 0], [1, 1], [0, 0]]]]`},
	} {
		geometry := fmt.Sprintf(`{"type": %q, "coordinates": %s}`, shape.kind, shape.coordinates)
		name := s.Name + "-" + shape.kind
		write := gen.FileWrite{Name: name, ExternalID: &name, GeoLocation: feature(geometry, "")}
		s.deleteFileLater(functions.ExternalID(*write.ExternalID))
		if _, err := s.client.Gen().InitFileUpload(s.ctx, nil, write); err != nil {
			return err
		}
	}
	return nil
}

// feature returns a location from GeoJSON.
func feature(geometry, properties string) *gen.GeoLocation {
	var location gen.GeoLocation
	encoded := fmt.Sprintf(`{"type": "Feature", "geometry": %s, "properties": %s}`, geometry, properties)
	if properties == "" {
		encoded = fmt.Sprintf(`{"type": "Feature", "geometry": %s}`, geometry)
	}
	if err := json.Unmarshal([]byte(encoded), &location); err != nil {
		panic(err) // unreachable: all callers pass valid GeoJSON
	}
	return &location
}

func (s *scenario) readFiles(id, externalID functions.Identifier) error {
	instance := `{"instanceId": {"space": "cogfn", "externalId": "none"}}`
	files := s.client.Files
	return errors.Join(
		errorOf(files.Retrieve(s.ctx, id)),
		errorOf(files.Retrieve(s.ctx, externalID)),
		rejected(errorOf(files.Retrieve(s.ctx, functions.ExternalID(s.Name+"-none")))),
		s.send("POST", "/files/byids", `{"items": [`+instance+`], "ignoreUnknownIds": true}`),
		rejected(s.send("POST", "/files/byids", `{"items": [`+instance+`], "ignoreUnknownIds": false}`)),
		errorOf(s.client.Gen().GetFileByInternalID(s.ctx, s.code)),
		errorOf(s.client.Gen().GetFileByInternalID(s.ctx, s.plainFile)),
		rejected(s.send("GET", "/files/"+unknownID, "")),
		errorOf(files.Download(s.ctx, id)),
		errorOf(files.Download(s.ctx, externalID)),
		s.send("POST", "/files/downloadlink?extendedExpiration=true", fmt.Sprintf(`{"items": [{"id": %d}]}`, s.code)),
		rejected(s.send("POST", "/files/downloadlink", `{"items": [`+instance+`]}`)),
	)
}

func fileReference(id int64) gen.FileReference {
	var ref gen.FileReference
	if err := ref.FromFileIDReference(gen.FileIDReference{ID: id}); err != nil {
		panic(err) // unreachable: the value is a number
	}
	return ref
}

// zipped returns a zip file with a handler.
func zipped(code string) ([]byte, error) {
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	f, err := w.Create("handler.py")
	if err != nil {
		return nil, err
	}
	if _, err := f.Write([]byte(code)); err != nil {
		return nil, err
	}
	err = w.Close()
	return archive.Bytes(), err
}
