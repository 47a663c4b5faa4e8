package httpapi_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The dashboard asks for metrics and labels that there are.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../../../deploy/grafana/services.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing","team":"Core","status_url":"` + probedURL + `"}`)
	p.probed(path, probedURL, recently(), "xh")
	metrics := string(p.call("GET", "/api/metrics/services", "").raw)
	for _, panel := range dashboard.Panels {
		if len(panel.Targets) == 0 {
			t.Errorf("%s shows nothing", panel.Title)
		}
		for _, target := range panel.Targets {
			names := regexp.MustCompile(`portal_\w+`).FindAllString(target.Expr, -1)
			for _, name := range names {
				if !strings.Contains(metrics, "\n"+name+"{") {
					t.Errorf("%s asks for %s", panel.Title, name)
				}
			}
			for _, label := range regexp.MustCompile(`(\w+)=~?"`).FindAllStringSubmatch(target.Expr, -1) {
				if !slices.Contains([]string{"service", "team", "status", "window"}, label[1]) {
					t.Errorf("%s asks for the label %s", panel.Title, label[1])
				}
			}
			if len(names) == 0 {
				t.Errorf("%s asks for no metric: %s", panel.Title, target.Expr)
			}
		}
	}
	if len(dashboard.Panels) < 5 {
		t.Errorf("%d panels", len(dashboard.Panels))
	}
}
