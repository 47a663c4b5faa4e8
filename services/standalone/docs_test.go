package standalone_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/standalone"
)

// scripts returns the scripts of docs/access.md in which keys are at work: with curl, in a
// script, and in GitHub Actions.
func scripts(t *testing.T) (curl, script, actions string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, there := strings.Cut(string(text), "### Keys at work")
	blocks := regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(part, -1)
	if !there || len(blocks) < 4 || blocks[0][1] != "sh" || blocks[1][1] != "bash" || blocks[2][1] != "yaml" {
		t.Fatalf("docs/access.md has other scripts: %d", len(blocks))
	}
	_, run, _ := strings.Cut(blocks[2][2], "run: |\n")
	return blocks[0][2], blocks[1][2], strings.ReplaceAll(run, "\n    ", "\n")
}

func TestScriptsOfTheDocumentation(t *testing.T) {
	curl, script, actions := scripts(t)
	cfg := config(t)
	portal := start(t, cfg)
	defer portal.stop()
	key := func(name string, args ...string) string {
		var out, errs bytes.Buffer
		args = append([]string{"create", "--data", cfg.Dir, "--name", name}, args...)
		if code := standalone.KeysCommand(func(string) string { return "" }, &out, &errs).Run(t.Context(), args); code != 0 {
			t.Fatal(errs.String())
		}
		return strings.TrimSpace(out.String())
	}
	viewer, editor := key("viewer"), key("ci", "--role", "editor", "--team", "Payments")
	run := func(text, key string) (out string, err error) {
		cmd := exec.CommandContext(t.Context(), "bash", "-c", text)
		cmd.Env = append(os.Environ(), "PORTAL_URL="+portal.at.Page, "PORTAL_API_KEY="+key, "SECONDS_TO_FOLLOW=1",
			"GITHUB_REPOSITORY=example/billing", "GITHUB_SERVER_URL=https://github.com")
		raw, err := cmd.CombinedOutput()
		return string(raw), err
	}
	if out, err := run(actions, viewer); err == nil || !strings.Contains(out, "needs the role editor") {
		t.Errorf("a viewer registers: %v\n%s", err, out)
	}
	for range 2 { // the second time it is there
		if out, err := run(actions, editor); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	list := call(t, http.MethodGet, portal.at.API+"/services", "", http.StatusOK)
	items := list["items"].([]any)
	if len(items) != 1 || items[0].(map[string]any)["github_url"] != "https://github.com/example/billing" {
		t.Fatalf("registered are %v", items)
	}
	if out, err := run(script, viewer); err == nil || !strings.Contains(out, "billing is unknown: not now") {
		t.Errorf("while it is unknown: %v\n%s", err, out)
	}
	one := portal.at.API + "/services/" + items[0].(map[string]any)["id"].(string)
	call(t, http.MethodPatch, one, `{"status":"healthy"}`, http.StatusOK)
	if out, err := run(script, viewer); err != nil {
		t.Errorf("while it is healthy: %v\n%s", err, out)
	}
	call(t, http.MethodPatch, one, `{"status":"down"}`, http.StatusOK)
	out, err := run(curl, viewer)
	var down struct{ Total int }
	if err != nil || json.NewDecoder(strings.NewReader(out)).Decode(&down) != nil || down.Total != 1 || !strings.Contains(out, "event: hello") {
		t.Errorf("with curl: %v\n%s", err, out)
	}
}
