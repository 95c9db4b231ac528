//go:build !unix

package batch_test

func beforeChild() {}
