package work

import (
	"fmt"
	"testing"
	"time"
)

func TestServicesAreSpreadOverTheSecond(t *testing.T) {
	const n = 10_000
	count := map[time.Duration]int{}
	for i := range n {
		count[spread(fmt.Sprintf("0199d8a0-7c00-7000-8000-%012x", i))]++
	}
	if len(count) != int(wheelSteps) {
		t.Errorf("%d different times, want %d", len(count), wheelSteps)
	}
	for at, got := range count {
		if want := n / int(wheelSteps); at >= time.Second || got > want*13/10 || got < want*7/10 {
			t.Errorf("%d are probed after %s, want about %d", got, at, want)
		}
	}
}

func TestWheelReturnsMessagesOnTime(t *testing.T) {
	start := time.Now()
	w := wheel{start: start}
	put := 0
	for at := start; at.Before(start.Add(5 * time.Second)); at = at.Add(7 * time.Millisecond) {
		for _, d := range w.advance(at) {
			if late := at.Sub(d.slot); late < 0 || late > wheelStep+7*time.Millisecond {
				t.Fatalf("given %s after its time", late)
			}
			put--
		}
		if w.put(due{slot: at.Add(time.Duration(at.UnixNano()%900+1) * time.Millisecond)}, at) {
			put++
		}
	}
	if w.size() != put {
		t.Errorf("%d are held, want %d", w.size(), put)
	}
	if got := len(w.close()); got != put || w.size() != 0 {
		t.Errorf("%d come out at the end, want %d", got, put)
	}
	if w.put(due{slot: start.Add(time.Hour)}, start) {
		t.Error("a closed wheel takes something in")
	}
}

func TestWheelHoldsAtMostASecond(t *testing.T) {
	now := time.Now()
	w := wheel{start: now}
	if w.put(due{slot: now}, now) {
		t.Error("what is due is held")
	}
	w.put(due{slot: now.Add(time.Hour)}, now) // the broker's clock is ahead
	if got := w.advance(now.Add(time.Second + wheelStep)); len(got) != 1 {
		t.Errorf("%d are given after a second, want all", len(got))
	}
}
