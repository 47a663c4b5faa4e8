package health

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// watch runs a monitor of one check for a while, and returns the check's result.
func watch(t *testing.T, c Check, long time.Duration) (Result, float64) {
	t.Helper()
	m := New(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), c)
	ctx, stop := context.WithTimeout(t.Context(), long)
	defer stop()
	if err := m.Run(ctx); err != nil {
		t.Error(err)
	}
	return m.State(t.Context())[0], testutil.ToFloat64(m.works)
}

func TestFaultIsReportedWithin15Seconds(t *testing.T) {
	for name, look := range map[string]func(context.Context) *Fault{
		"it fails": func(context.Context) *Fault { return newFault("It is broken.", "Mend it.", nil) },
		"it hangs": func(ctx context.Context) *Fault {
			<-ctx.Done()
			return newFault("It hangs.", "Restart it.", ctx.Err())
		},
		"it hangs, whatever its context says": func(context.Context) *Fault {
			time.Sleep(time.Minute)
			return nil
		},
	} {
		for _, settles := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				looks := 0
				got, works := watch(t, Check{Name: "it", Settles: settles, Run: func(ctx context.Context) *Fault {
					if looks++; looks == 1 { // it works at first, and then fails
						return nil
					}
					return look(ctx)
				}}, 15*time.Second)
				if got.Fault == nil || works != 0 {
					t.Errorf("%s (settles: %t): fault %v, metric %v", name, settles, got.Fault, works)
				}
			})
		}
	}
}

func TestSettlesAllowsFaultsAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		never := Check{Name: "it", Settles: true, Run: func(context.Context) *Fault { return newFault("", "", nil) }}
		if got, works := watch(t, never, grace-time.Second); got.Fault != nil || works != 1 {
			t.Errorf("in its time of grace: fault %v, metric %v", got.Fault, works)
		}
		if got, works := watch(t, never, grace+2*checkEvery); got.Fault == nil || works != 0 {
			t.Errorf("after it: fault %v, metric %v", got.Fault, works)
		}
	})
}

func TestRecoveredCheckHasNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		got, works := watch(t, Check{Name: "it", Run: func(context.Context) *Fault {
			if looks++; looks < 3 {
				return newFault("", "", nil)
			}
			return nil
		}}, 15*time.Second)
		if got.Fault != nil || works != 1 {
			t.Errorf("fault %v, metric %v", got.Fault, works)
		}
	})
}

func TestBusyHostIsMildFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		workers := []events.WorkerState{
			{BusyHosts: []events.BusyHost{{Host: "api.example:443", Services: 7, RoundMS: 20_000}}},
			{BusyHosts: []events.BusyHost{{Host: "gateway.example:443", Services: 998, RoundMS: 60_000}}},
		}
		got, works := watch(t, Check{Name: "workers", Run: func(context.Context) *Fault { return busyHost(workers) }}, time.Second)
		want := "gateway.example:443 has too many services for its limit of concurrent probes: its 998 services are probed every 1m0s, less often than planned."
		if got.Fault == nil || !got.Fault.Mild || got.Fault.Detail != want || works != 1 {
			t.Errorf("got %+v, metric %v, want %q", got.Fault, works, want)
		}
		if f := busyHost([]events.WorkerState{{}}); f != nil {
			t.Errorf("nobody is busy, got %+v", f)
		}
	})
}
