package batch

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	functions "github.com/cogfn/cogfn/wrapper"
)

// BenchmarkCheckpoint measures the recording of a result, with and without syncing the file.
func BenchmarkCheckpoint(b *testing.B) {
	for _, sync := range []bool{false, true} {
		b.Run(fmt.Sprintf("sync=%t", sync), func(b *testing.B) {
			c, err := openCheckpoint(settings{path: filepath.Join(b.TempDir(), "checkpoint.jsonl"), sync: sync}, "demo", functions.ID(42))
			if err != nil {
				b.Fatal(err)
			}
			e := entry{
				Input: hashInput(nil), Attempts: 1, Response: json.RawMessage(`{"double":42}`),
				Call: json.RawMessage(`{"id":1234567890,"functionId":42,"status":"Completed","startTime":1700000000000,"endTime":1700000000100}`),
			}
			for b.Loop() {
				if err := c.record(e); err != nil {
					b.Fatal(err)
				}
				e.Index++
			}
			if err := c.close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
