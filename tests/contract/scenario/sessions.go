package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cogfn/cogfn/gen"
	functions "github.com/cogfn/cogfn/wrapper"
)

func (s *scenario) sessions() error {
	sessions := s.client.Sessions
	kinds := []functions.SessionCredentials{functions.SessionTokenExchange(), functions.SessionOneshotTokenExchange()}
	if s.Credentials.ClientID != "" {
		kinds = append(kinds, functions.SessionClientCredentials(s.Credentials.ClientID, s.Credentials.ClientSecret))
	}
	var ids []int64
	for _, kind := range kinds {
		created, err := sessions.Create(s.ctx, kind)
		if err != nil {
			return err
		}
		ids = append(ids, created.ID)
		s.atEnd(func(ctx context.Context) error {
			return errorOf(s.client.Sessions.Revoke(ctx, []int64{created.ID}))
		})
	}
	errs := []error{
		rejected(errorOf(sessions.Create(s.ctx, functions.SessionClientCredentials("unknown-client", "wrong")))),
		errorOf(sessions.RetrieveMultiple(s.ctx, ids)),
		rejected(errorOf(sessions.Retrieve(s.ctx, 9007199254740991))),
		s.listSessions(),
		errorOf(sessions.Revoke(s.ctx, ids)),
		errorOf(sessions.Revoke(s.ctx, ids[:1])), // the session is already revoked
		rejected(errorOf(sessions.Revoke(s.ctx, []int64{9007199254740991}))),
		errorOf(sessions.List(s.ctx, functions.SessionsFilter{Status: functions.SessionRevoked})),
	}
	return errors.Join(errs...)
}

func (s *scenario) listSessions() error {
	raw := s.client.Gen()
	var errs []error
	for _, status := range gen.SessionStatusFilterValues() {
		filter := functions.SessionsFilter{Status: functions.SessionStatus(strings.ToUpper(string(status)))}
		errs = append(errs, errorOf(s.client.Sessions.List(s.ctx, filter)))
	}
	first, err := raw.ListSessions(s.ctx, &gen.ListSessionsParams{Limit: new(int32(1))})
	if err == nil && first.NextCursor != nil {
		err = errorOf(raw.ListSessions(s.ctx, &gen.ListSessionsParams{Limit: new(int32(2)), Cursor: first.NextCursor}))
	}
	return errors.Join(append(errs, err, errorOf(raw.ListSessions(s.ctx, nil)))...)
}

// deletions deletes the resources that are left, and unknown ones.
func (s *scenario) deletions() error {
	unknown := functions.ExternalID(s.Name + "-none")
	files := fmt.Sprintf(`{"items": [{"externalId": "%s-none"}], "ignoreUnknownIds": true}`, s.Name)
	return errors.Join(
		s.client.Schedules.Delete(s.ctx, []int64{s.schedule.ID}),
		s.client.Delete(s.ctx, []functions.Identifier{functions.ID(s.minimal.ID), functions.ExternalID(s.Name + MoreSuffix)}),
		s.client.Delete(s.ctx, []functions.Identifier{unknown}, functions.IgnoreUnknown()),
		rejected(s.client.Delete(s.ctx, []functions.Identifier{unknown})),
		s.send("POST", "/functions/delete", fmt.Sprintf(`{"items": [{"id": %d}]}`, s.echo.ID)),
		s.client.Files.Delete(s.ctx, []functions.Identifier{functions.ID(s.plainFile)}),
		s.client.Files.Delete(s.ctx, []functions.Identifier{functions.ExternalID(s.Name + "-code")}),
		rejected(s.client.Files.Delete(s.ctx, []functions.Identifier{unknown})),
		s.send("POST", "/files/delete", files),
	)
}
