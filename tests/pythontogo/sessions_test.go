package pythontogo

import (
	"context"
	"fmt"
	"slices"

	functions "github.com/cogfn/cogfn/wrapper"
)

func (p *project) sessionsCreate(ctx context.Context, client *functions.Client) error {
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
		fmt.Println(session) // id and status; the nonce is not printed
		nonces = append(nonces, session.Nonce)
	}
	// end
	p.equal("number of different nonces", len(slices.Compact(nonces)), 3)
	return nil
}

func (p *project) sessionsList(ctx context.Context, client *functions.Client) error {
	p.createSchedule(ctx, client)
	// snippet: sessions-list
	active := functions.SessionsFilter{Status: functions.SessionActive}
	sessions, err := client.Sessions.List(ctx, active) // at most 25
	if err != nil {
		return err
	}
	var ids []int64
	for session, err := range client.Sessions.All(ctx, active) { // all
		if err != nil {
			return err
		}
		fmt.Println(session.Created(), session.Expires())
		ids = append(ids, session.ID)
	}
	// end
	p.equal("number of sessions", len(ids), len(sessions))
	return nil
}

func (p *project) sessionsRevoke(ctx context.Context, client *functions.Client) error {
	created, err := client.Sessions.Create(ctx, functions.SessionTokenExchange())
	if err != nil {
		return err
	}
	id := created.ID
	// snippet: sessions-revoke
	sessions, err := client.Sessions.RetrieveMultiple(ctx, []int64{id})
	if err != nil {
		return err
	}
	revoked, err := client.Sessions.Revoke(ctx, []int64{id})
	if err != nil {
		return err
	}
	// end
	p.equal("status before", *sessions[0].Status, functions.SessionReady)
	p.equal("status after", *revoked[0].Status, functions.SessionRevoked)
	return nil
}
