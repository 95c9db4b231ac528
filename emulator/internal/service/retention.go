package service

import (
	"time"

	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

const (
	// retention is how long calls are kept after their end, with what they printed and returned, as the vendor documents
	// it. That ended sessions are kept as long is a guess.
	retention = 90 * 24 * time.Hour
	// retentionCheck is how often it is looked for what is older.
	retentionCheck = 24 * time.Hour
)

// forgetOld removes what has become old, at once and then daily, until the service is closed.
func (s *Service) forgetOld() {
	for s.ctx.Err() == nil {
		if err := s.update(s.forgetOldIn); err != nil {
			s.Logger.Error("old calls and sessions could not be removed", "error", err)
		}
		pause(s.ctx, retentionCheck)
	}
}

func (s *Service) forgetOldIn(tx *store.Tx) error {
	oldest := s.Now().Add(-retention).UnixMilli()
	if err := s.forgetSessions(tx, oldest); err != nil {
		return err
	}
	for _, row := range tx.Functions().Oldest() {
		if row.Err != nil {
			return row.Err
		}
		if err := forgetCalls(tx, row.Value.ID, oldest); err != nil {
			return err
		}
	}
	return nil
}

// forgetSessions removes sessions that ended long ago, and those whose nonce has expired unused: nobody can use them any
// more. A schedule's session stays as long as its schedule.
func (s *Service) forgetSessions(tx *store.Tx, oldest int64) error {
	now := s.nowMillis()
	old, _, err := selection(tx.Sessions().Oldest(), unlimited, func(session *store.Session) (*store.Session, bool) {
		unused := session.Status == gen.SessionStatusReady && session.ExpirationTime <= now
		return session, session.ScheduleID == 0 && (unused || session.ExpirationTime <= oldest)
	})
	if err != nil {
		return err
	}
	for _, session := range old {
		if err := tx.DeleteSession(session); err != nil {
			return err
		}
	}
	return nil
}

// forgetCalls removes a function's calls that ended long ago.
func forgetCalls(tx *store.Tx, functionID, oldest int64) error {
	var old []int64 // collected first: a table must not change while somebody walks through it
	for _, row := range tx.Calls(functionID).Oldest() {
		if row.Err != nil {
			return row.Err
		}
		if row.Value.StartTime > oldest {
			break // those that follow started, and so ended, later still
		}
		if end := row.Value.EndTime; end != 0 && end <= oldest {
			old = append(old, row.Value.ID)
		}
	}
	for _, id := range old {
		if err := tx.DeleteCall(functionID, id); err != nil {
			return err
		}
	}
	return nil
}
