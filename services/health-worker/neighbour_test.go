package healthworker_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

// TestHangingServicesDoNotAffectNeighbours puts services behind one host and port: many slow
// ones, many that hang beside a good one, and some whose body never ends.
func TestHangingServicesDoNotAffectNeighbours(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for slots of 10 s")
	}
	t.Parallel()
	url := devtest.NATS(t).URL()
	b := connect(t, url)
	results := b.results()
	over := make(chan bool)
	gateway := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-time.After(1500 * time.Millisecond)
		case "/never":
			select {
			case <-over:
			case <-r.Context().Done():
			}
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 512)); err != nil {
					return
				}
				_ = http.NewResponseController(w).Flush()
				<-time.After(50 * time.Millisecond)
			}
		}
	})
	t.Cleanup(func() { close(over) }) // runs before the gateway waits for its requests to end
	start(t, healthworker.Config{Common: service.Common{NATSURL: url}, Timeout: 4 * time.Second})
	want := map[string]events.Status{}
	for path, n := range map[string]int{"/slow": 40, "/never": 24, "/endless": 6, "/good": 4} {
		for range n {
			svc := newService(gateway.URL + path)
			svc.Interval = "10s"
			want[svc.ID] = events.StatusHealthy
			if path == "/never" {
				want[svc.ID] = events.StatusDown
			}
			b.publish(events.ServiceCreated{Service: svc})
		}
	}
	// Three results of each, so that the services that wait longest are included.
	got := map[string]int{}
	for left, end := 3*len(want), time.After(3*time.Minute); left > 0; {
		select {
		case r := <-results:
			if got[r.ServiceID]++; got[r.ServiceID] <= 3 {
				left--
			}
			if r.Status != want[r.ServiceID] {
				t.Errorf("%s is %s, %s, want %s", r.URL, r.Status, r.Reason, want[r.ServiceID])
			}
		case <-end:
			t.Fatalf("%d results are missing: %v", left, fmt.Sprint(got))
		}
	}
}
