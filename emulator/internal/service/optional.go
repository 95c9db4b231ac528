package service

// optional returns a pointer to a value, or nil for the zero value, which the API omits.
func optional[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

// valueOrZero returns the value that a pointer points to, or the zero value for nil.
func valueOrZero[T any](pointer *T) T {
	if pointer == nil {
		var zero T
		return zero
	}
	return *pointer
}
