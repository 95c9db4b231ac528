package service

import (
	"fmt"
	"unicode/utf8"

	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

// AddReadyFunction adds a function that is Ready and has no code, with an external id that is also its name. It does
// nothing if a function has the external id. It fails if the name is empty or too long.
func (s *Service) AddReadyFunction(externalID string) error {
	if length := utf8.RuneCountInString(externalID); length == 0 || length > gen.FunctionNameMaxLength {
		return fmt.Errorf("the name %.20q of a function has %d characters; use 1 to %d", externalID, length, gen.FunctionNameMaxLength)
	}
	write, err := s.normalize(gen.FunctionWrite{Name: externalID, ExternalID: &externalID})
	if err != nil {
		return err
	}
	now := s.nowMillis()
	return s.update(func(tx *store.Tx) error {
		if f, err := functionResource.find(tx.Functions(), reference{ExternalID: &externalID}); err != nil || f != nil {
			return err
		}
		file := &store.File{
			ID: newID(tx.Files().Has), CreatedTime: now, LastUpdatedTime: now, UploadedTime: now,
			Write: gen.FileWrite{Name: externalID + ".zip"},
		}
		if err := tx.Files().Put(file); err != nil {
			return err
		}
		write.FileID = file.ID
		return tx.AddFunction(&store.Function{
			ID: newID(tx.Functions().Has), CreatedTime: now, Write: write, Status: gen.FunctionStatusReady,
		})
	})
}
