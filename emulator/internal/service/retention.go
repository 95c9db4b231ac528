package service

import (
	"time"

	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
)

const (
	// retention is how long ended calls are stored with their logs and responses, as documented by the vendor. It is a
	// guess that the same value applies to ended sessions.
	retention = 90 * 24 * time.Hour
	// retentionInterval is the interval between removals of expired records.
	retentionInterval = 24 * time.Hour
)

// removeExpired removes expired calls and sessions, and sets the timer of the next removal. It runs at the start, daily, and
// when the clock was set, because the next removal may then be years away.
func (s *Service) removeExpired() {
	end := s.begin()
	if end == nil {
		return
	}
	defer end()
	if err := s.updateInBatch(s.removeExpiredIn); err != nil {
		s.Logger.Error("cannot remove old calls and sessions", "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopRetention()
	if !s.closed {
		s.nextRemoval = s.Clock.At(s.Now().Add(retentionInterval), s.removeExpired)
	}
}

// stopRetention stops the timer of the next removal. The caller holds s.mu.
func (s *Service) stopRetention() {
	if s.nextRemoval != nil {
		s.nextRemoval.Stop()
	}
}

func (s *Service) removeExpiredIn(tx *store.Tx) error {
	oldest := s.Now().Add(-retention).UnixMilli()
	if err := s.removeOldSessions(tx, oldest); err != nil {
		return err
	}
	for _, row := range tx.Functions().Oldest() {
		if row.Err != nil {
			return row.Err
		}
		if err := removeOldCalls(tx, row.Value.ID, oldest, s.nowMillis()); err != nil {
			return err
		}
	}
	return nil
}

// removeOldSessions removes sessions that ended before oldest, and sessions whose nonce has expired unused. It does not
// remove sessions of schedules.
func (s *Service) removeOldSessions(tx *store.Tx, oldest int64) error {
	now := s.nowMillis()
	old, _, err := collect(tx.Sessions().Oldest(), unlimited, func(session *store.Session) (*store.Session, bool) {
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

// removeOldCalls removes a function's calls that ended before oldest. Calls in the future, before the clock was set back,
// are skipped.
func removeOldCalls(tx *store.Tx, functionID, oldest, now int64) error {
	var old []int64 // collected first, because a table must not be changed during an iteration
	for _, row := range tx.Calls(functionID).Oldest() {
		if row.Err != nil {
			return row.Err
		}
		if row.Value.StartTime > now {
			continue
		}
		if row.Value.StartTime > oldest {
			break // the following calls started later
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
