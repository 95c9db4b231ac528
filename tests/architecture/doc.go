// Package architecture tests the structure of the repository: which packages import which, how large they are, how files
// are named, and the wording of comments. Each failure contains what to do.
package architecture
