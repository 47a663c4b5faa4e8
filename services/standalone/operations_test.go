package standalone_test

import (
	"errors"
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/dev-portal/dev-portal/services/standalone"
)

func TestEveryPrintedAddressAnswers(t *testing.T) {
	portal := start(t, config(t))
	defer portal.stop()
	printed := portal.at.String()
	urls := regexp.MustCompile(`http://\S+`).FindAllString(printed, -1)
	if len(urls) != 3 || !strings.Contains(printed, portal.at.NATS) {
		t.Fatalf("printed:\n%s\nwant the page, the API, NATS and the metrics", printed)
	}
	for _, url := range urls {
		get(t, url) // get fails the test unless the status is 200
	}
}

func TestMetricsOfAllServicesAreAtOneAddress(t *testing.T) {
	portal := start(t, config(t))
	defer portal.stop()
	metrics := get(t, portal.at.Metrics)
	for _, name := range []string{"portal_outbox_pending", "portal_worker_info", "go_goroutines"} {
		if !strings.Contains(metrics, "\n"+name) {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(metrics, -1) {
		if !regexp.MustCompile(`^(portal|go|process)_`).MatchString(name[1]) {
			t.Errorf("%s does not say whose it is", name[1])
		}
	}
	for _, path := range []string{"/livez", "/readyz"} {
		get(t, strings.TrimSuffix(portal.at.Metrics, "/metrics")+path)
	}
}

func TestMetricsUseAFreePortIfTheDefaultIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp", standalone.DefaultMetrics)
	if err != nil && !errors.Is(err, syscall.EADDRINUSE) { // otherwise another program has the address already
		t.Fatal(err)
	}
	if err == nil {
		defer func() { _ = ln.Close() }()
	}
	cfg := config(t)
	cfg.MetricsAddr = ""
	portal := start(t, cfg)
	defer portal.stop()
	if strings.Contains(portal.at.Metrics, standalone.DefaultMetrics) {
		t.Errorf("the metrics are said to be at %s, which is taken", portal.at.Metrics)
	}
	get(t, portal.at.Metrics)
}
