package integration

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	// Dependency of the generated client.
	_ "github.com/oapi-codegen/nullable"
	_ "github.com/oapi-codegen/runtime"
	_ "github.com/oapi-codegen/runtime/types"
)

func TestGeneratedGoClientClearsAField(t *testing.T) {
	s := start(t)
	svc := s.create(fields{"name": "billing", "team": "Payments", "docs_url": "https://docs.example.com/", "tags": []string{"go"}})

	dir := t.TempDir()
	code, document := s.call("GET", "/api/openapi.json", nil)
	if code != http.StatusOK {
		t.Fatalf("GET /api/openapi.json: %d", code)
	}
	generated, options, overlay := filepath.Join(dir, "api.go"), filepath.Join(dir, "options.json"), filepath.Join(dir, "overlay.json")
	write := func(file string, content any) {
		t.Helper()
		data, err := json.Marshal(content)
		must(t, err)
		must(t, os.WriteFile(file, data, 0o600))
	}
	write(filepath.Join(dir, "openapi.json"), json.RawMessage(document))
	write(options, map[string]any{
		"package": "main", "output": generated,
		"generate":       map[string]bool{"models": true, "client": true},
		"output-options": map[string]bool{"nullable-type": true},
	})
	beside, err := filepath.Abs("testdata/client/api.go")
	must(t, err)
	write(overlay, map[string]any{"Replace": map[string]string{beside: generated}})

	runGo(t, "../tools", "GOWORK=off", "tool", "oapi-codegen", "-config", options, filepath.Join(dir, "openapi.json"))
	runGo(t, ".", "", "run", "-overlay", overlay, "./testdata/client", "http://"+s.addr, svc.ID)
	if _, body := s.call("GET", "/api/services/"+svc.ID, nil); !cleared(t, body) {
		t.Errorf("cleared of team and tags it is %s", body)
	}
}

// cleared reports whether a service has no team and no tags, and keeps its other fields.
func cleared(t *testing.T, body []byte) bool {
	t.Helper()
	var svc struct {
		Name string
		Team *string
		Tags []string
		Docs string `json:"docs_url"`
	}
	must(t, json.Unmarshal(body, &svc))
	return svc.Name == "billing" && svc.Docs != "" && svc.Team == nil && len(svc.Tags) == 0
}

func runGo(t *testing.T, dir, env string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	if env != "" {
		cmd.Env = append(os.Environ(), env)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}
