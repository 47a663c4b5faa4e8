package stream_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

var update = flag.Bool("update", false, "record the streams of a new generation")

// A version with other streams of the same generation would take turns with this one at
// changing them, while both run during an upgrade.
func TestGenerationGrowsWithTheStreams(t *testing.T) {
	type generation struct {
		Generation int
		Streams    []jetstream.StreamConfig
	}
	const path = "testdata/streams.json"
	now, err := json.MarshalIndent(generation{stream.Generation, stream.Streams()}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var before generation
	if err := json.Unmarshal(recorded, &before); err != nil {
		t.Fatal(err)
	}
	switch {
	case string(now)+"\n" == string(recorded):
	case before.Generation >= stream.Generation:
		t.Errorf("streams() has changed: increment generation, then run this test with -update")
	case !*update:
		t.Errorf("generation %d is not recorded: run this test with -update", stream.Generation)
	default:
		if err := os.WriteFile(path, append(now, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
