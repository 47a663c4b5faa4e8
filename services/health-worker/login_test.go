package healthworker_test

import (
	"net/http"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/service"
	healthworker "github.com/dev-portal/dev-portal/services/health-worker"
)

func TestWorkerRetriesRefusedLogins(t *testing.T) {
	nats := devtest.GuardedNATS(t, "right")
	connect(t, nats.URL("right")).js.Conn().Close() // connect creates the streams of catalog-api
	w := start(t, healthworker.Config{Common: service.Common{NATSURL: nats.URL("right")}})
	ready := func() (bool, string) {
		code, body := w.get("/readyz")
		return code == http.StatusOK, body
	}
	eventually(t, "ready", ready)
	nats.Change("wrong")
	before := nats.Refused()
	eventually(t, "refused again and again", func() (bool, string) { return nats.Refused() >= before+5, "" })
	if code, body := w.get("/livez"); code != http.StatusOK {
		t.Errorf("/livez says %d %s, but a restart cures nothing", code, body)
	}
	nats.Change("right")
	eventually(t, "ready again", ready)
}
