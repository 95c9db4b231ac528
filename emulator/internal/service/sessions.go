package service

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// sessionLifetime is how long a session lives after it was bound, unless something renews it. A guess.
const sessionLifetime = time.Hour

// CreateSessions creates a session with a fresh nonce. Client secrets are checked and not kept.
func (s *Service) CreateSessions(ctx context.Context, request server.CreateSessionsRequestObject) (server.CreateSessionsResponseObject, error) {
	session := &store.Session{Status: gen.SessionStatusReady, CreationTime: s.nowMillis()}
	if err := s.describe(session, request.Body.Items[0]); err != nil {
		return nil, err
	}
	nonce := rand.Text()
	session.Nonce = hashOf(nonce)
	session.ExpirationTime = session.CreationTime + s.NonceLifetime.Milliseconds()
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		session.ID = newID(tx.Sessions().Has)
		if err := tx.PutNonce(session.Nonce, session.ID); err != nil {
			return err
		}
		return tx.Sessions().Put(session)
	})
	if err != nil {
		return nil, err
	}
	return server.CreateSessions200JSONResponse{CreatedSessionListJSONResponse: server.CreatedSessionListJSONResponse{
		Items: []gen.CreatedSession{{
			ID: session.ID, Type: &session.Type, Status: session.Status, Nonce: nonce, ClientID: text(session.ClientID),
		}},
	}}, nil
}

// describe fills in what kind of session was asked for.
func (s *Service) describe(session *store.Session, write gen.SessionWrite) error {
	client, err := write.AsSessionWithClientCredentials()
	if err != nil {
		return err
	}
	exchange, err := write.AsSessionWithTokenExchange()
	if err != nil {
		return err
	}
	switch {
	case exchange.TokenExchange:
		session.Type = gen.SessionTypeTokenExchange
	case client.ClientID == "" && client.ClientSecret == "":
		session.Type = gen.SessionTypeOneshotTokenExchange
	case !s.KnownClient(client.ClientID, client.ClientSecret):
		return envelope.BadRequest("the client credentials are not valid: check clientId and clientSecret") // the status is a guess
	default:
		session.Type, session.ClientID = gen.SessionTypeClientCredentials, client.ClientID
	}
	return nil
}

// bind uses a nonce up and makes its session active, for a schedule if its id is not 0. It returns nil for a nonce that
// is unknown, used or too old.
func (s *Service) bind(tx *store.Tx, nonce string, scheduleID int64) (*store.Session, error) {
	session, err := tx.TakeNonce(hashOf(nonce))
	if err != nil || session == nil || s.sessionStatus(session) != gen.SessionStatusReady {
		return nil, err
	}
	session.Status = gen.SessionStatusActive
	session.ExpirationTime = s.Now().Add(sessionLifetime).UnixMilli()
	session.ScheduleID = scheduleID
	return session, tx.Sessions().Put(session)
}

// sessionStatus returns a session's status now: time ends sessions without anybody writing it down.
func (s *Service) sessionStatus(session *store.Session) gen.SessionStatus {
	ended := s.nowMillis() >= session.ExpirationTime && !keptAlive(session)
	if ended && (session.Status == gen.SessionStatusReady || session.Status == gen.SessionStatusActive) {
		return gen.SessionStatusExpired
	}
	return session.Status
}

// keptAlive says whether a schedule renews the session. One-shot sessions cannot be renewed.
func keptAlive(session *store.Session) bool {
	return session.ScheduleID != 0 && session.Type != gen.SessionTypeOneshotTokenExchange
}

// ListSessions lists sessions, newest first; the order is a guess.
func (s *Service) ListSessions(ctx context.Context, request server.ListSessionsRequestObject) (server.ListSessionsResponseObject, error) {
	page := server.SessionPageJSONResponse{Items: []gen.Session{}}
	before, err := placeOf(request.Params.Cursor)
	if err != nil {
		return nil, err
	}
	limit := limitOr(request.Params.Limit, gen.SessionLimitDefault)
	if limit < 1 { // a guess: only the maximum is documented
		return nil, envelope.BadRequest("the limit is %d: it must be between 1 and %d", limit, gen.SessionLimitMaximum)
	}
	wanted, err := wantedStatus(request.Params.Status)
	if err != nil {
		return nil, err
	}
	err = s.Store.View(ctx, func(tx *store.Tx) error {
		found, last, err := selection(tx.Sessions().Newest(before), limit, func(session *store.Session) (gen.Session, bool) {
			view := s.viewSession(session)
			return view, wanted == "" || *view.Status == wanted
		})
		page.Items, page.NextCursor = found, cursorOf(last)
		return err
	})
	return server.ListSessions200JSONResponse{SessionPageJSONResponse: page}, err
}

// wantedStatus reads the status filter, whose case does not matter. Without a filter it returns "".
func wantedStatus(filter *gen.SessionStatusFilter) (gen.SessionStatus, error) {
	if filter == nil {
		return "", nil
	}
	if lower := gen.SessionStatusFilter(strings.ToLower(string(*filter))); !lower.Valid() {
		return "", envelope.BadRequest("the status %q is not one of %v", *filter, gen.SessionStatusFilterValues())
	}
	return gen.SessionStatus(strings.ToUpper(string(*filter))), nil
}

// GetSessionsByIDs retrieves sessions in the order asked for.
func (s *Service) GetSessionsByIDs(ctx context.Context, request server.GetSessionsByIDsRequestObject) (server.GetSessionsByIDsResponseObject, error) {
	list := server.GetSessionsByIDs200JSONResponse{Items: []gen.Session{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Sessions(), "session", sessionIDs(request.Body.Items), false)
		for _, session := range found {
			list.Items = append(list.Items, s.viewSession(session))
		}
		return err
	})
	return list, err
}

// RevokeSessions revokes sessions at once; the real service may take an hour. Revoking again does nothing.
func (s *Service) RevokeSessions(ctx context.Context, request server.RevokeSessionsRequestObject) (server.RevokeSessionsResponseObject, error) {
	list := server.RevokeSessions200JSONResponse{Items: []gen.Session{}}
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Sessions(), "session", sessionIDs(request.Body.Items), false)
		if err != nil {
			return err
		}
		for _, session := range found {
			session.Status = gen.SessionStatusRevoked
			if err := tx.Sessions().Put(session); err != nil {
				return err
			}
			list.Items = append(list.Items, s.viewSession(session))
		}
		return nil
	})
	return list, err
}

func sessionIDs(items []gen.SessionReference) []int64 {
	ids := make([]int64, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	return ids
}

func (s *Service) viewSession(session *store.Session) gen.Session {
	expires := session.ExpirationTime
	if keptAlive(session) {
		expires = max(expires, s.Now().Add(sessionLifetime).UnixMilli()) // its token is renewed all the time
	}
	return gen.Session{
		ID: session.ID, Type: &session.Type, Status: new(s.sessionStatus(session)), ClientID: text(session.ClientID),
		CreationTime: &session.CreationTime, ExpirationTime: &expires,
	}
}

func hashOf(nonce string) string {
	sum := sha256.Sum256([]byte(nonce))
	return hex.EncodeToString(sum[:])
}
