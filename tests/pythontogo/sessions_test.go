package pythontogo

import (
	"context"
	"fmt"
	"slices"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (s *fixture) sessionsCreate(ctx context.Context, client *functions.Client) error {
	// snippet: sessions-create
	var nonces []string
	for _, credentials := range []functions.SessionCredentials{
		functions.SessionClientCredentials("robot", "the robot's secret"),
		functions.SessionTokenExchange(),
		functions.SessionOneshotTokenExchange(),
	} {
		session, err := client.Sessions.Create(ctx, credentials)
		if err != nil {
			return err
		}
		fmt.Println(session) // id and status, without the nonce
		nonces = append(nonces, session.Nonce)
	}
	// end
	s.want("nonces", len(slices.Compact(nonces)), 3)
	return nil
}

func (s *fixture) sessionsList(ctx context.Context, client *functions.Client) error {
	s.createSchedule(ctx, client)
	// snippet: sessions-list
	active := functions.SessionsFilter{Status: functions.SessionActive}
	sessions, err := client.Sessions.List(ctx, active) // 25 at most
	if err != nil {
		return err
	}
	var ids []int64
	for session, err := range client.Sessions.All(ctx, active) { // all of them
		if err != nil {
			return err
		}
		fmt.Println(session.Created(), session.Expires())
		ids = append(ids, session.ID)
	}
	// end
	s.want("sessions", len(ids), len(sessions))
	return nil
}

func (s *fixture) sessionsRevoke(ctx context.Context, client *functions.Client) error {
	created, err := client.Sessions.Create(ctx, functions.SessionTokenExchange())
	if err != nil {
		return err
	}
	id := created.ID
	// snippet: sessions-revoke
	session, err := client.Sessions.Retrieve(ctx, id)
	if err != nil {
		return err
	}
	sessions, err := client.Sessions.RetrieveMultiple(ctx, []int64{id})
	if err != nil {
		return err
	}
	revoked, err := client.Sessions.Revoke(ctx, []int64{id})
	if err != nil {
		return err
	}
	// end
	s.want("status", *session.Status, functions.SessionReady)
	s.want("ids", sessions.IDs(), []int64{id})
	s.want("status after Revoke", *revoked[0].Status, functions.SessionRevoked)
	return nil
}
