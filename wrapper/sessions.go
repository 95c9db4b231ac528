package functions

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/cogfn/cogfn/gen"
)

// revokeChunk is the number of sessions in one revoke request, as in the Python SDK. The reference states no maximum.
const revokeChunk = 100

// SessionsService creates, lists and revokes sessions. It is the field Sessions of a [Client]. Methods that call or schedule
// functions create their sessions themselves.
type SessionsService struct {
	client      *Client
	credentials *SessionCredentials
}

// Session lets a function act on behalf of a user or a machine. Its JSON is that of the API. Without the capability to list
// sessions, only the id is set.
//
// Fields:
//
//   - ClientID (*string): the client id of a session with client credentials.
//   - CreationTime (*int64): the time of creation, in milliseconds since epoch.
//   - ExpirationTime (*int64): the end of the session unless it is renewed, in milliseconds since epoch.
//   - ID (int64): the id of a session.
//   - Status (*SessionStatus): the status of a session. READY means that its nonce is not used yet, ACTIVE that it is
//     in use. All others are final.
//   - Type (*SessionType): the way in which a session was created.
type Session struct{ gen.Session }

// SessionStatus is the status of a session. The service may add values.
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

// SessionType is the way in which a session was created. The service may add values.
type SessionType = gen.SessionType

// The known values of SessionType.
const (
	SessionTypeClientCredentials    = gen.SessionTypeClientCredentials
	SessionTypeTokenExchange        = gen.SessionTypeTokenExchange
	SessionTypeOneshotTokenExchange = gen.SessionTypeOneshotTokenExchange
)

// Created returns the time at which the session was created, or the zero time if the service does not state it.
func (s *Session) Created() time.Time { return milliseconds(s.CreationTime) }

// Expires returns the time at which the session ends unless it is renewed, or the zero time if the service does not state
// it.
func (s *Session) Expires() time.Time { return milliseconds(s.ExpirationTime) }

// String returns one line for people: id, status and type.
func (s Session) String() string {
	line := fmt.Sprintf("session %d", s.ID)
	if s.Status != nil {
		line += ": " + oneLine(string(*s.Status))
	}
	if s.Type != nil {
		line += " (" + oneLine(string(*s.Type)) + ")"
	}
	return line
}

// LogValue returns the same line as String, for package slog.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.String()) }

// SessionList is a list of sessions in the order of the response.
type SessionList []*Session

// IDs returns the ids of the sessions.
func (l SessionList) IDs() []int64 {
	return each(l, func(s *Session) int64 { return s.ID })
}

// Get returns the session with the id, or nil if the list does not contain it.
func (l SessionList) Get(id int64) *Session {
	return find(l, func(s *Session) bool { return s.ID == id })
}

// String returns one line for people.
func (l SessionList) String() string { return oneLineOf(l) }

// LogValue returns the same line as String, for package slog.
func (l SessionList) LogValue() slog.Value { return slog.StringValue(l.String()) }

// SessionsFilter selects sessions. The zero filter matches every session.
type SessionsFilter struct {
	// Status matches exactly. The API does not accept SessionExpired here.
	Status SessionStatus
}

// List returns the sessions that match the filter, at most 25 unless [WithLimit] sets another limit.
//
// Capability: sessionsAcl:LIST.
// Reference: https://api-docs.cognite.com/20230101/tag/Sessions/operation/listSessions
func (s *SessionsService) List(ctx context.Context, filter SessionsFilter, opts ...ListOption) (SessionList, error) {
	return collect(s.list(ctx, filter, defaultLimit, opts))
}

// All iterates over the sessions that match the filter, over all of them unless [WithLimit] sets a limit. It keeps one page
// in memory. Each range over the sequence sends new requests. An error is the last element.
//
// Capability: sessionsAcl:LIST.
// Reference: https://api-docs.cognite.com/20230101/tag/Sessions/operation/listSessions
func (s *SessionsService) All(ctx context.Context, filter SessionsFilter, opts ...ListOption) iter.Seq2[*Session, error] {
	return s.list(ctx, filter, Unlimited, opts)
}

func (s *SessionsService) list(ctx context.Context, filter SessionsFilter, limit int, opts []ListOption) iter.Seq2[*Session, error] {
	o, err := listSettings(limit, opts)
	if err != nil {
		return failed[*Session](err)
	}
	o.page = min(o.page, gen.SessionLimitMaximum)
	status := optional(gen.SessionStatusFilter(strings.ToLower(string(filter.Status))))
	return pages(ctx, o, func(ctx context.Context, limit int32, cursor *string) (_ []*Session, next *string, err error) {
		defer explain(&err, "list sessions")
		params := &gen.ListSessionsParams{Status: status, Cursor: cursor, Limit: &limit}
		got, err := received(s.client.api.ListSessions(ctx, params))
		if err != nil {
			return nil, nil, err
		}
		return each(got.Items, newSession), got.NextCursor, nil
	})
}

func newSession(s gen.Session) *Session { return &Session{s} }

// Retrieve returns one session. An unknown session is an error that matches [ErrNotFound].
//
// Capability: sessionsAcl:LIST.
// Reference: https://api-docs.cognite.com/20230101/tag/Sessions/operation/getSessionsByIds
func (s *SessionsService) Retrieve(ctx context.Context, id int64) (*Session, error) {
	found, err := s.RetrieveMultiple(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// RetrieveMultiple returns sessions in the order of ids. It sends one request for each 1,000 sessions. A duplicate id is
// sent once and its session is returned for each occurrence. An unknown session is an error that matches [ErrNotFound]. The
// API has no option to ignore unknown sessions.
//
// Capability: sessionsAcl:LIST.
// Reference: https://api-docs.cognite.com/20230101/tag/Sessions/operation/getSessionsByIds
func (s *SessionsService) RetrieveMultiple(ctx context.Context, ids []int64) (_ SessionList, err error) {
	defer explain(&err, "retrieve %s", listed("session", ids))
	if err := checkIDs("session id", ids...); err != nil {
		return nil, err
	}
	found := make([]*Session, 0, len(ids))
	for chunk := range slices.Chunk(unique(ids), gen.SessionReferencesMaxItems) {
		body := gen.SessionByIDsRequest{Items: sessionReferences(chunk)}
		got, err := received(s.client.api.GetSessionsByIDs(ctx, body))
		if err != nil {
			return nil, err
		}
		found = append(found, each(got.Items, newSession)...)
	}
	all, missing := inOrder(ids, found, func(s *Session) int64 { return s.ID })
	if len(missing) > 0 {
		return nil, &NotFoundError{Resource: "session with id " + joinIDs(missing)}
	}
	return all, nil
}

// Revoke revokes sessions and returns them. It sends one request for each 100 sessions. It may take an hour until the
// sessions lose access. Revoking a session again has no effect.
//
// Capability: sessionsAcl:DELETE.
// Reference: https://api-docs.cognite.com/20230101/tag/Sessions/operation/revokeSessions
func (s *SessionsService) Revoke(ctx context.Context, ids []int64) (_ SessionList, err error) {
	defer explain(&err, "revoke %s", listed("session", ids))
	if err := checkIDs("session id", ids...); err != nil {
		return nil, err
	}
	all := make(SessionList, 0, len(ids))
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
