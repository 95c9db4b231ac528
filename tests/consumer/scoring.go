package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cogfn/cogfn/batch"
	"github.com/cogfn/cogfn/deploy"
	functions "github.com/cogfn/cogfn/wrapper"
)

// externalID identifies the function in the project.
const externalID = "scorer"

// Reading is the input of the function.
type Reading struct {
	Sensor string  `json:"-"`
	Value  float64 `json:"value"`
	Limit  float64 `json:"limit"`
}

// Score is the response of the function for a sensor.
type Score struct {
	Sensor string  `json:"-"`
	Score  float64 `json:"score"`
}

// deployScorer deploys the function in the directory scorer if it has changed.
func deployScorer(ctx context.Context, client *functions.Client) (*deploy.Changes, error) {
	changes, err := deploy.Plan(ctx, client, deploy.Spec{
		Function: functions.FunctionWrite{Name: "Scorer", ExternalID: new(externalID)},
		Source:   functions.Folder("scorer"),
	})
	if err != nil {
		return nil, err
	}
	_, err = deploy.Deploy(ctx, client, changes)
	return changes, err
}

// scoreAll returns the scores of all readings for which the function succeeds, and an error for the others.
func scoreAll(ctx context.Context, client *functions.Client, readings []Reading) ([]Score, error) {
	var scores []Score
	var failed []error
	results := batch.Map[Reading, Score](ctx, client, functions.ExternalID(externalID), slices.Values(readings), batch.WithInputOrder())
	for result, err := range results {
		if err != nil {
			return scores, err
		}
		if result.Err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", result.Input.Sensor, result.Err))
			continue
		}
		result.Output.Sensor = result.Input.Sensor
		scores = append(scores, result.Output)
	}
	return scores, errors.Join(failed...)
}
