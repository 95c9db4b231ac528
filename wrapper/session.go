package functions

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

const (
	// revokeChunk is how many sessions one request revokes, as in the Python SDK; the reference names no greatest number.
	revokeChunk = 100
)

// Session is a session as the service last showed it. A caller that may not list sessions sees ids alone. Its JSON is that
// of the API. Times are milliseconds since epoch.
type Session struct{ gen.Session }

// SessionStatus is where a session stands. The service may add values; those known today are the constants.
type SessionStatus = gen.SessionStatus

// The known values of SessionStatus.
const (
	SessionReady      = gen.SessionStatusReady
	SessionActive     = gen.SessionStatusActive
	SessionCancelled  = gen.SessionStatusCancelled
	SessionExpired    = gen.SessionStatusExpired
	SessionRevoked    = gen.SessionStatusRevoked
	SessionAccessLost = gen.SessionStatusAccessLost
	SessionDetached   = gen.SessionStatusDetached
)

// SessionType is how a session was created. The service may add values; those known today are the constants.
type SessionType = gen.SessionType

// The known values of SessionType.
const (
	SessionTypeClientCredentials    = gen.SessionTypeClientCredentials
	SessionTypeTokenExchange        = gen.SessionTypeTokenExchange
	SessionTypeOneshotTokenExchange = gen.SessionTypeOneshotTokenExchange
)

// Created is when the session was created; the zero time if the service does not say.
func (s *Session) Created() time.Time { return milliseconds(s.CreationTime) }

// Expires is when the session ends unless it is renewed; the zero time if the service does not say.
func (s *Session) Expires() time.Time { return milliseconds(s.ExpirationTime) }

// SessionsFilter says which sessions to list. The zero filter matches all.
type SessionsFilter struct {
	// Status matches exactly; SessionExpired cannot be asked for.
	Status SessionStatus
}

// List returns the sessions that match the filter, 25 at most unless WithLimit says otherwise.
func (s *SessionsService) List(ctx context.Context, filter SessionsFilter, opts ...ListOption) ([]*Session, error) {
	o, err := listSettings(defaultLimit, opts)
	if err != nil {
		return nil, err
	}
	return collect(s.list(ctx, filter, o))
}

// All walks the sessions that match the filter, every one unless WithLimit says otherwise, with one page in memory. The
// sequence can be ranged over again, which asks the service again. An error comes last and once.
func (s *SessionsService) All(ctx context.Context, filter SessionsFilter, opts ...ListOption) iter.Seq2[*Session, error] {
	o, err := listSettings(Unlimited, opts)
	if err != nil {
		return failed[*Session](err)
	}
	return s.list(ctx, filter, o)
}

func (s *SessionsService) list(ctx context.Context, filter SessionsFilter, o listOptions) iter.Seq2[*Session, error] {
	o.page = min(o.page, gen.SessionLimitMaximum)
	status := optional(gen.SessionStatusFilter(strings.ToLower(string(filter.Status))))
	return pages(ctx, o, func(ctx context.Context, limit int32, cursor *string) ([]*Session, *string, error) {
		params := &gen.ListSessionsParams{Status: status, Cursor: cursor, Limit: &limit}
		got, err := received(s.client.api.ListSessions(ctx, params))
		if err != nil {
			return nil, nil, err
		}
		return each(got.Items, newSession), got.NextCursor, nil
	})
}

func newSession(s gen.Session) *Session { return &Session{s} }

// Retrieve returns sessions by their ids, a thousand a request. The service fails if any of them is unknown, with an error
// that matches ErrNotFound.
func (s *SessionsService) Retrieve(ctx context.Context, ids ...int64) ([]*Session, error) {
	if err := checkIDs("session id", ids...); err != nil {
		return nil, err
	}
	all := make([]*Session, 0, len(ids))
	for chunk := range slices.Chunk(ids, gen.SessionReferencesMaxItems) {
		body := gen.SessionByIDsRequest{Items: sessionReferences(chunk)}
		got, err := received(s.client.api.GetSessionsByIDs(ctx, body))
		if err != nil {
			return nil, err
		}
		all = append(all, each(got.Items, newSession)...)
	}
	return all, nil
}

// Revoke ends sessions, a hundred a request, and returns them as they are then. It may take an hour until they lose access.
// Revoking a session again does nothing.
func (s *SessionsService) Revoke(ctx context.Context, ids ...int64) ([]*Session, error) {
	if err := checkIDs("session id", ids...); err != nil {
		return nil, err
	}
	all := make([]*Session, 0, len(ids))
	for chunk := range slices.Chunk(ids, revokeChunk) {
		body := gen.SessionRevokeRequest{Items: sessionReferences(chunk)}
		got, err := received(s.client.api.RevokeSessions(ctx, body))
		if err != nil {
			return nil, err
		}
		all = append(all, each(got.Items, newSession)...)
	}
	return all, nil
}

func sessionReferences(ids []int64) []gen.SessionReference {
	return each(ids, func(id int64) gen.SessionReference { return gen.SessionReference{ID: id} })
}
