package work

import (
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestBatchClosesWhenFull(t *testing.T) {
	var b batches
	first, opened := b.join(events.ProbeCompleted{})
	if !opened {
		t.Fatal("the first result has nobody to publish it")
	}
	for n := 2; n <= events.MaxResults; n++ {
		in, opened := b.join(events.ProbeCompleted{})
		if in != first || opened {
			t.Fatalf("result %d is not in the batch of the first", n)
		}
	}
	select {
	case <-first.full:
	default:
		t.Error("nobody is told that the batch is full")
	}
	second, opened := b.join(events.ProbeCompleted{})
	if second == first || !opened {
		t.Error("a full batch takes more")
	}
	b.shut(first) // late: it is full already
	if in, opened := b.join(events.ProbeCompleted{}); in != second || opened {
		t.Error("the end of one batch is that of the next")
	}
	b.shut(second)
	if in, opened := b.join(events.ProbeCompleted{}); in == second || !opened {
		t.Error("a batch that is being published takes more")
	}
}
