package outbox

import (
	"testing"
	"time"
)

func TestWhatTellsThatAStreamLostSomething(t *testing.T) {
	born := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	before := sight{created: born, first: 1, last: 10, subjects: 4}
	for name, tc := range map[string]struct {
		now    sight
		purged uint64
		want   bool
	}{
		"nothing happened":                       {before, 0, false},
		"more came":                              {sight{born, 1, 20, 6}, 0, false},
		"old messages of a subject made room":    {sight{born, 4, 20, 4}, 0, false},
		"it has gone":                            {sight{}, 0, true},
		"it is another, of the same size":        {sight{born.Add(1), 1, 10, 4}, 0, true},
		"it was set back":                        {sight{born, 1, 9, 4}, 0, true},
		"it was emptied":                         {sight{born, 11, 10, 0}, 0, true},
		"it was emptied and filled again":        {sight{born, 11, 18, 8}, 0, true},
		"it was emptied but for the last":        {sight{born, 10, 10, 1}, 0, true},
		"it was emptied of one subject":          {sight{born, 1, 10, 3}, 0, true},
		"the relay purged a subject":             {sight{born, 1, 11, 3}, 1, false},
		"the relay purged one, and another went": {sight{born, 1, 11, 2}, 1, true},
	} {
		if got := before.lost(tc.now, tc.purged); got != tc.want {
			t.Errorf("%s: got %t, want %t", name, got, tc.want)
		}
	}
	if (sight{created: born}).lost(sight{born, 1, 3, 3}, 0) {
		t.Error("the first messages of an empty stream are called a loss")
	}
}
