package service

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/cogfn/cogfn/emulator/internal/envelope"
	"github.com/cogfn/cogfn/emulator/internal/store"
	"github.com/cogfn/cogfn/gen"
	"github.com/cogfn/cogfn/gen/server"
)

// CreateSessions creates a session with a new nonce. It checks client secrets but does not store them.
func (s *Service) CreateSessions(ctx context.Context, request server.CreateSessionsRequestObject) (server.CreateSessionsResponseObject, error) {
	session := &store.Session{Status: gen.SessionStatusReady, CreationTime: s.nowMillis()}
	if err := s.setSessionType(session, request.Body.Items[0]); err != nil {
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
			ID: session.ID, Type: &session.Type, Status: session.Status, Nonce: nonce, ClientID: optional(session.ClientID),
		}},
	}}, nil
}

// setSessionType sets the type of the requested session.
func (s *Service) setSessionType(session *store.Session, write gen.SessionWrite) error {
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
		// The status is a guess.
		return envelope.BadRequest("the client credentials are not valid: check clientId and clientSecret")
	default:
		session.Type, session.ClientID = gen.SessionTypeClientCredentials, client.ClientID
	}
	return nil
}

type expiredNonceKey struct{}

// WithExpiredNonce returns a context for an operation that treats the nonce of its request as expired.
func WithExpiredNonce(ctx context.Context) context.Context {
	return context.WithValue(ctx, expiredNonceKey{}, true)
}

// expireNonce lets the nonce of an operation expire, with its session, if ctx is from WithExpiredNonce. It has a transaction
// of its own, because that of the operation is rolled back.
func (s *Service) expireNonce(ctx context.Context, nonce string) error {
	if ctx.Value(expiredNonceKey{}) == nil {
		return nil
	}
	return s.Store.Update(ctx, func(tx *store.Tx) error {
		session, err := tx.TakeNonce(hashOf(nonce))
		if err != nil || session == nil {
			return err
		}
		session.ExpirationTime = s.nowMillis()
		return tx.Sessions().Put(session)
	})
}

// bind uses a nonce and activates its session, for a schedule if scheduleID is not 0. It returns nil if the nonce is
// unknown, used or expired.
func (s *Service) bind(tx *store.Tx, nonce string, scheduleID int64) (*store.Session, error) {
	session, err := tx.TakeNonce(hashOf(nonce))
	if err != nil || session == nil || s.sessionStatus(session) != gen.SessionStatusReady {
		return nil, err
	}
	session.Status = gen.SessionStatusActive
	session.ExpirationTime = s.Now().Add(s.profile().Assumptions.SessionLifetime).UnixMilli()
	session.ScheduleID = scheduleID
	return session, tx.Sessions().Put(session)
}

// sessionStatus returns the current status of a session. The stored status does not change when a session expires.
func (s *Service) sessionStatus(session *store.Session) gen.SessionStatus {
	ended := s.nowMillis() >= session.ExpirationTime && !isRenewed(session)
	if ended && (session.Status == gen.SessionStatusReady || session.Status == gen.SessionStatusActive) {
		return gen.SessionStatusExpired
	}
	return session.Status
}

// isRenewed reports whether a schedule renews the session. One-shot sessions cannot be renewed.
func isRenewed(session *store.Session) bool {
	return session.ScheduleID != 0 && session.Type != gen.SessionTypeOneshotTokenExchange
}

// ListSessions lists sessions, newest first. The order is a guess.
func (s *Service) ListSessions(ctx context.Context, request server.ListSessionsRequestObject) (server.ListSessionsResponseObject, error) {
	page := server.SessionPageJSONResponse{Items: []gen.Session{}}
	before, err := decodeCursor(request.Params.Cursor)
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
		found, last, err := collect(tx.Sessions().Newest(before), limit, func(session *store.Session) (gen.Session, bool) {
			view := s.viewSession(session)
			return view, wanted == "" || *view.Status == wanted
		})
		page.Items, page.NextCursor = found, encodeCursor(last)
		return err
	})
	return server.ListSessions200JSONResponse{SessionPageJSONResponse: page}, err
}

// wantedStatus returns the status of a filter, which is case-insensitive, or "" without a filter.
func wantedStatus(filter *gen.SessionStatusFilter) (gen.SessionStatus, error) {
	if filter == nil {
		return "", nil
	}
	if lower := gen.SessionStatusFilter(strings.ToLower(string(*filter))); !lower.Valid() {
		return "", envelope.BadRequest("the status %q is not one of %v", *filter, gen.SessionStatusFilterValues())
	}
	return gen.SessionStatus(strings.ToUpper(string(*filter))), nil
}

// GetSessionsByIDs returns sessions in the order of the request.
func (s *Service) GetSessionsByIDs(ctx context.Context, request server.GetSessionsByIDsRequestObject) (server.GetSessionsByIDsResponseObject, error) {
	list := server.GetSessionsByIDs200JSONResponse{Items: []gen.Session{}}
	err := s.Store.View(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Sessions(), "session", request.Body.Items, false)
		for _, session := range found {
			list.Items = append(list.Items, s.viewSession(session))
		}
		return err
	})
	return list, err
}

// RevokeSessions revokes sessions immediately. The real service may take an hour. Revoking a revoked session does nothing.
func (s *Service) RevokeSessions(ctx context.Context, request server.RevokeSessionsRequestObject) (server.RevokeSessionsResponseObject, error) {
	list := server.RevokeSessions200JSONResponse{Items: []gen.Session{}}
	err := s.Store.Update(ctx, func(tx *store.Tx) error {
		found, err := byIDs(tx.Sessions(), "session", request.Body.Items, false)
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

func (s *Service) viewSession(session *store.Session) gen.Session {
	expires := session.ExpirationTime
	if isRenewed(session) {
		expires = max(expires, s.Now().Add(s.profile().Assumptions.SessionLifetime).UnixMilli()) // renewed continuously
	}
	return gen.Session{
		ID: session.ID, Type: &session.Type, Status: new(s.sessionStatus(session)), ClientID: optional(session.ClientID),
		CreationTime: &session.CreationTime, ExpirationTime: &expires,
	}
}

func hashOf(nonce string) string {
	sum := sha256.Sum256([]byte(nonce))
	return hex.EncodeToString(sum[:])
}
