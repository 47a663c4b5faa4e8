package outbox

import (
	"testing"
	"time"
)

func TestLostDetectsDataLoss(t *testing.T) {
	born := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	before := streamState{created: born, first: 1, last: 10, subjects: 4}
	for name, tc := range map[string]struct {
		now    streamState
		purged uint64
		want   bool
	}{
		"nothing happened":                       {before, 0, false},
		"more came":                              {streamState{born, 1, 20, 6}, 0, false},
		"old messages of a subject made room":    {streamState{born, 4, 20, 4}, 0, false},
		"it has gone":                            {streamState{}, 0, true},
		"it is another, of the same size":        {streamState{born.Add(1), 1, 10, 4}, 0, true},
		"it was set back":                        {streamState{born, 1, 9, 4}, 0, true},
		"it was emptied":                         {streamState{born, 11, 10, 0}, 0, true},
		"it was emptied and filled again":        {streamState{born, 11, 18, 8}, 0, true},
		"it was emptied but for the last":        {streamState{born, 10, 10, 1}, 0, true},
		"it was emptied of one subject":          {streamState{born, 1, 10, 3}, 0, true},
		"the relay purged a subject":             {streamState{born, 1, 11, 3}, 1, false},
		"the relay purged one, and another went": {streamState{born, 1, 11, 2}, 1, true},
	} {
		if got := before.lost(tc.now, tc.purged); got != tc.want {
			t.Errorf("%s: got %t, want %t", name, got, tc.want)
		}
	}
	if (streamState{created: born}).lost(streamState{born, 1, 3, 3}, 0) {
		t.Error("the first messages of an empty stream are called a loss")
	}
}
