package standalone_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/dev-portal/dev-portal/services/standalone"
)

// blocks returns the blocks of code below a heading of a document, which must be in these
// languages.
func blocks(t *testing.T, document, heading string, languages ...string) (code []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + document)
	if err != nil {
		t.Fatal(err)
	}
	_, part, there := strings.Cut(string(text), heading+"\n")
	found := regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(part, len(languages))
	if !there || len(found) < len(languages) {
		t.Fatalf("below %q, %s has %d blocks", heading, document, len(found))
	}
	for i, block := range found {
		if block[1] != languages[i] {
			t.Fatalf("block %d below %q of %s is in %s, not %s", i+1, heading, document, block[1], languages[i])
		}
		code = append(code, block[2])
	}
	return code
}

// actionsScript returns the script of a step of GitHub Actions.
func actionsScript(step string) string {
	_, run, _ := strings.Cut(step, "run: |\n")
	return strings.ReplaceAll(run, "\n    ", "\n")
}

// makeKey makes a key by the command line.
func makeKey(t *testing.T, cfg standalone.Config, name string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	args = append([]string{"create", "--data", cfg.Dir, "--name", name}, args...)
	if code := standalone.KeysCommand(func(string) string { return "" }, &out, &errs).Run(t.Context(), args); code != 0 {
		t.Fatal(errs.String())
	}
	return strings.TrimSpace(out.String())
}

// runScript runs a script with the variables of the documentation.
func runScript(t *testing.T, text, portal, key string) (out string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-c", text)
	cmd.Env = append(os.Environ(), "PORTAL_URL="+portal, "PORTAL_API_KEY="+key, "SECONDS_TO_FOLLOW=1",
		"GITHUB_REPOSITORY=example/billing", "GITHUB_SERVER_URL=https://github.com",
		"GITHUB_REF_NAME=v1.9.0", "GITHUB_ACTOR=ada", "GITHUB_RUN_ID=4418", "GITHUB_RUN_ATTEMPT=1")
	raw, err := cmd.CombinedOutput()
	return string(raw), err
}

func TestScriptsOfTheDocumentation(t *testing.T) {
	code := blocks(t, "access.md", "### Keys at work", "sh", "bash", "yaml")
	curl, script, actions := code[0], code[1], actionsScript(code[2])
	cfg := config(t)
	portal := start(t, cfg)
	defer portal.stop()
	viewer, editor := makeKey(t, cfg, "viewer"), makeKey(t, cfg, "ci", "--role", "editor", "--team", "Payments")
	run := func(text, key string) (string, error) { return runScript(t, text, portal.at.Page, key) }
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

func TestPipelinesOfTheDocumentationTellOfDeployments(t *testing.T) {
	code := blocks(t, "deployments.md", "# Deployments", "sh", "yaml", "yaml", "sh")
	cfg := config(t)
	portal := start(t, cfg)
	defer portal.stop()
	editor := makeKey(t, cfg, "ci", "--role", "editor", "--team", "Payments")
	made := call(t, http.MethodPost, portal.at.API+"/services", `{"name":"billing","team":"Payments"}`, http.StatusCreated)

	path, body := argoTemplate(t, code[2])
	argo := fmt.Sprintf("curl -sS --fail-with-body -H \"Authorization: Bearer $PORTAL_API_KEY\" -H 'Content-Type: application/json' -d '%s' \"$PORTAL_URL%s\"", body, path)
	for _, script := range []string{code[0], actionsScript(code[1]), argo, code[3]} {
		for range 2 { // the second time it is known
			if out, err := runScript(t, script, portal.at.Page, editor); err != nil {
				t.Errorf("%v\n%s\n%s", err, script, out)
			}
		}
	}
	list := call(t, http.MethodGet, portal.at.API+"/services/"+made["id"].(string)+"/deployments", "", http.StatusOK)
	var told []string
	for _, item := range list["items"].([]any) {
		d := item.(map[string]any)
		told = append(told, fmt.Sprint(d["version"], " ", d["environment"], " by ", d["by"]))
	}
	want := []string{
		"v1.9.0 production by ada", "v1.8.2 production by payments pipeline",
		"5d1f6c2 payments by Argo CD", "v1.8.3 production by /ci/payments",
	}
	if !slices.Equal(told, want) {
		t.Errorf("there are\n%s, want\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}

// argoTemplate returns the path and body that Argo CD makes of the template in its
// ConfigMap's data: Go templates of the application and the context.
func argoTemplate(t *testing.T, data string) (path, body string) {
	t.Helper()
	const application = `{
		"app": {"metadata": {"name": "billing"}, "spec": {"destination": {"namespace": "payments"}},
			"status": {"sync": {"revision": "5d1f6c2"}, "operationState": {"phase": "Succeeded", "finishedAt": "2026-03-14T10:00:00Z"}}},
		"context": {"argocdUrl": "https://argo.example.com"}}`
	var values map[string]any
	if err := json.Unmarshal([]byte(application), &values); err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?s)path: (\S+)\n +body: \|\n(.*?)\ntrigger`).FindStringSubmatch(data)
	if found == nil {
		t.Fatalf("this has no template:\n%s", data)
	}
	var out [2]strings.Builder
	for i, text := range found[1:] {
		tmpl, err := template.New("argo").Option("missingkey=error").Parse(text)
		if err == nil {
			err = tmpl.Execute(&out[i], values)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return out[0].String(), out[1].String()
}
