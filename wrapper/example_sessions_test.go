package functions_test

import (
	"context"
	"fmt"
	"log"

	functions "github.com/cogfn/cogfn/wrapper"
)

// startWithSession starts an emulator with the function greet and a session whose nonce is not used.
func startWithSession(ctx context.Context) (client *functions.Client, session *functions.CreatedSession, closeAll func()) {
	client, closeAll = startWithGreet(ctx)
	session, err := client.Sessions.Create(ctx, functions.SessionTokenExchange())
	if err != nil {
		log.Fatal(err)
	}
	return client, session, closeAll
}

func ExampleSessionsService_List() {
	ctx := context.Background()
	client, _, closeAll := startWithSession(ctx)
	defer closeAll()

	ready, err := client.Sessions.List(ctx, functions.SessionsFilter{Status: functions.SessionReady}, functions.WithLimit(10))
	if err != nil {
		log.Fatal(err)
	}
	for _, session := range ready {
		fmt.Println(*session.Status, *session.Type)
	}
	// Output: READY TOKEN_EXCHANGE
}

func ExampleSessionsService_All() {
	ctx := context.Background()
	client, _, closeAll := startWithSession(ctx)
	defer closeAll()

	for session, err := range client.Sessions.All(ctx, functions.SessionsFilter{}, functions.WithPageSize(100)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*session.Status)
	}
	// Output: READY
}

func ExampleSessionsService_Retrieve() {
	ctx := context.Background()
	client, session, closeAll := startWithSession(ctx)
	defer closeAll()

	found, err := client.Sessions.Retrieve(ctx, session.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*found.Status, found.Expires().After(found.Created()))
	// Output: READY true
}

// The nonce of a revoked session is invalid.
func ExampleSessionsService_Revoke() {
	ctx := context.Background()
	client, session, closeAll := startWithSession(ctx)
	defer closeAll()

	revoked, err := client.Sessions.Revoke(ctx, []int64{session.ID})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*revoked[0].Status)
	_, err = client.Start(ctx, functions.ExternalID("greet"), nil, functions.WithNonce(session.Nonce))
	fmt.Println("rejected:", err != nil)
	// Output:
	// REVOKED
	// rejected: true
}
