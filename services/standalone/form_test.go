package standalone_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// The page's form offers what the API takes, within the same limits.
func TestFormHasEveryFieldOfTheAPI(t *testing.T) {
	portal := start(t, config(t))
	defer portal.stop()
	var api struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					MaxLength   int
					Description string
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text(t, portal.at.API+"/openapi.json")), &api); err != nil {
		t.Fatal(err)
	}
	page, labels := text(t, portal.at.Page), text(t, portal.at.Page+"/lib/fields.js")
	fields := api.Components.Schemas["ServiceUpdate"].Properties
	if len(fields) == 0 {
		t.Fatal("the API describes no fields")
	}
	for name, field := range fields {
		if strings.HasPrefix(field.Description, "Set by the portal") {
			continue
		}
		control := regexp.MustCompile(`<(?:input|select|textarea) [^>]*name="` + name + `"[^>]*>`).FindString(page)
		id := regexp.MustCompile(`id="(\w+)"`).FindStringSubmatch(control)
		if id == nil {
			t.Errorf("the form has no control for %s", name)
			continue
		}
		for _, part := range []string{`for="` + id[1] + `"`, `id="` + id[1] + `-error"`} {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks an element with %s", name, part)
			}
		}
		if most := fmt.Sprintf(`data-most="%d"`, field.MaxLength); field.MaxLength > 0 && !strings.Contains(control, most) {
			t.Errorf("%s: %s, want %s", name, control, most)
		}
		if !strings.Contains(labels, "\n  "+name+": '") {
			t.Errorf("lib/fields.js has no label for %s, so the form ignores it", name)
		}
	}
}

// text returns the body that is at a URL.
func text(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %d %v", url, res.StatusCode, err)
	}
	return string(body)
}
