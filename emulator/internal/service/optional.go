package service

// value returns what a pointer points to, or the zero value.
func value[T any](pointer *T) T {
	if pointer == nil {
		var zero T
		return zero
	}
	return *pointer
}

// millis turns a stored time into the API's optional one: 0 means absent.
func millis(at int64) *int64 {
	if at == 0 {
		return nil
	}
	return &at
}

// text turns a stored text into the API's optional one: "" means absent.
func text(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}
