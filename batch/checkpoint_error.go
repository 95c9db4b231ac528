package batch

import (
	"errors"
	"fmt"
	"os"
)

// The kinds of a [CheckpointError], for errors.Is.
var (
	// ErrCheckpointInUse means that another run, in this or another process, uses the file.
	ErrCheckpointInUse = errors.New("checkpoint in use")
	// ErrCheckpointDiffers means that the file was written for other inputs, another function or another project, or that
	// it is not a checkpoint.
	ErrCheckpointDiffers = errors.New("checkpoint of other inputs")
	// ErrCheckpointDamaged means that a line before the last one cannot be read.
	ErrCheckpointDamaged = errors.New("checkpoint damaged")
)

// CheckpointError is a checkpoint file that cannot be used. The file is unchanged, unless writing it failed.
type CheckpointError struct {
	// Path is the path of the file.
	Path string
	// Problem describes the problem and what to do.
	Problem string
	// Err is the kind of the problem, such as ErrCheckpointInUse, or an error of the operating system.
	Err error
}

// Error returns one sentence with the path, the problem and what to do.
func (e *CheckpointError) Error() string {
	return fmt.Sprintf("batch: checkpoint %s %s", e.Path, e.Problem)
}

// Unwrap returns Err.
func (e *CheckpointError) Unwrap() error { return e.Err }

// withoutPath returns the message of an error without the path, which CheckpointError contains already.
func withoutPath(err error) string {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err.Error()
	}
	return err.Error()
}
