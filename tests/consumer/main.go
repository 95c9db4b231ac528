// Command scoring is a program of a user of cogfn: it deploys a function and scores sensor values with it. It is a module
// of its own, so that its tests show what a user has to require and can call.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"time"

	functions "github.com/cogfn/cogfn/wrapper"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	cfg, err := functions.ConfigFromEnv()
	if err != nil {
		return err
	}
	client, err := functions.NewClient(cfg)
	if err != nil {
		return err
	}
	changes, err := deployScorer(ctx, client)
	if err != nil {
		return err
	}
	fmt.Println(changes)
	next, err := scheduleScorer(ctx, client, time.Now())
	if err != nil {
		return err
	}
	fmt.Println("the next scheduled call is at", next)
	scores, err := scoreAll(ctx, client, []Reading{{Sensor: "pump-1", Value: 40, Limit: 80}, {Sensor: "pump-2", Value: 90, Limit: 80}})
	for _, score := range scores {
		fmt.Printf("%s: %.2f\n", score.Sensor, score.Score)
	}
	return err
}
