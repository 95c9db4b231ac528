package batch

import "errors"

// errLocked tells that somebody else holds the lock.
var errLocked = errors.New("locked")
