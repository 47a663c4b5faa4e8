package service_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mostFiles is how many files outside of its folder a new service may touch.
const mostFiles = 12

// recipe is what CONTRIBUTING.md says of how a service is added, for one called
// example that nobody has unless they ask for it. before is the text that a new one
// is put in front of; "": it is a file of its own.
var recipe = []struct{ path, before, text string }{
	{"services/example/go.mod", "", `module github.com/dev-portal/dev-portal/services/example

go 1.26.0

require (
	github.com/dev-portal/dev-portal/pkg/events v0.0.0
	github.com/dev-portal/dev-portal/pkg/service v0.0.0
	github.com/nats-io/nats.go v1.55.0
)

replace (
	github.com/dev-portal/dev-portal/pkg/events => ../../pkg/events
	github.com/dev-portal/dev-portal/pkg/service => ../../pkg/service
)
`},
	{"go.work", "	./services/health-worker\n", "	./services/example\n"},
	{"docker-compose.yml", "  nats:\n    <<: *part\n", `  example:
    <<: *part
    image: ghcr.io/dev-portal/dev-portal-example:${PORTAL_VERSION:-dev}
    build:
      context: .
      dockerfile: services/example/Dockerfile
      args: *build-args
    environment:
      PORTAL_METRICS: ":9090"
      PORTAL_NATS_URL: nats://example:${NATS_EXAMPLE_PASSWORD:-example}@nats:4222
    networks: [broker]
    depends_on:
      nats: { condition: service_healthy }
    deploy: { resources: { limits: { cpus: "1", memory: 64M, pids: 100 } } }

`},
	{"docker-compose.yml", "      NATS_SUBSCRIBER_PASSWORD:", "      NATS_EXAMPLE_PASSWORD: ${NATS_EXAMPLE_PASSWORD:-example}\n"},
	{".env.example", "NATS_SUBSCRIBER_PASSWORD=", "NATS_EXAMPLE_PASSWORD=example\n"},
	{"deploy/nats/nats.conf", "      # Turns the catalogue into plans", `      # Follows the stream.
      {
        user: example
        password: $NATS_EXAMPLE_PASSWORD
        permissions: {
          publish: {
            allow: [
              "$JS.API.STREAM.INFO.PORTAL", "$JS.API.CONSUMER.CREATE.PORTAL.>", "$JS.API.CONSUMER.INFO.PORTAL.*"
              "$JS.API.CONSUMER.MSG.NEXT.PORTAL.*", "$JS.API.DIRECT.GET.PORTAL", "$JS.API.DIRECT.GET.PORTAL.>", "$JS.ACK.PORTAL.>"
            ]
          }
          subscribe: { allow: ["_INBOX.>"] }
        }
      }

`},
	{"deploy/helm/dev-portal/values.yaml", "# The chart's own Postgres:", `# The example.
example:
  # -- Whether this release has the component.
  enabled: false
  image:
    # -- Where the image is.
    repository: ghcr.io/dev-portal/dev-portal-example
    # -- Empty: the chart's appVersion.
    tag: ""
  # -- How many pods.
  replicas: 1
  # A Secret with the URL of another NATS than the chart's: nats://user:password@host:4222.
  natsURL:
    # -- The Secret's name; empty: the chart's own NATS.
    secret: ""
    # -- The URL's key in it.
    key: uri
    # -- The keys of files in it, each optional.
    files: {credentials: "", ca: "", cert: "", key: ""}
  # -- What a pod asks for, and may have.
  resources:
    requests: {cpu: 10m, memory: 32Mi, ephemeral-storage: 64Mi}
    limits: {cpu: 500m, memory: 64Mi, ephemeral-storage: 256Mi}

`},
	{"deploy/helm/dev-portal/values.schema.json", `    "postgresql": {"$ref"`, `    "example": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": {"type": "boolean"},
        "image": {"$ref": "#/definitions/image"},
        "replicas": {"type": "integer", "minimum": 1},
        "natsURL": {"$ref": "#/definitions/natsURL"},
        "resources": {"$ref": "#/definitions/resources"}
      }
    },
`},
	{"deploy/helm/dev-portal/templates/_services.tpl", "health-worker:\n", "example: {values: example}\n"},
	{"deploy/helm/dev-portal/templates/services/_example.tpl", "", `{{- define "dev-portal.example.env" }}{{ end }}
{{- define "dev-portal.example.egress" }}{{ end }}
{{- define "dev-portal.example.rules" }}{{ end }}
`},
}

// The recipe makes a service that runs, and that the tests of what deploys it accept.
func TestAServiceIsAddedByTheRecipe(t *testing.T) {
	if testing.Short() {
		t.Skip("copies the project, and runs tests of the copy")
	}
	dir := t.TempDir()
	command := func(in, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir = in
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	command("../..", "bash", "-euo", "pipefail", "-c", `git ls-files -z --cached --others --exclude-standard --deduplicate |
		xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' - | tar -c --null -T - | tar -x -C "$0"`, dir)
	command(dir, "git", "init", "-q")
	command(dir, "git", "add", "-A")

	for _, step := range recipe {
		add(t, filepath.Join(dir, step.path), step.before, step.text)
	}
	main, err := os.ReadFile("testdata/example/cmd/example/main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	add(t, filepath.Join(dir, "services/example/cmd/example/main.go"), "", string(main))
	dockerfile, err := os.ReadFile("../../services/health-worker/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	add(t, filepath.Join(dir, "services/example/Dockerfile"), "", strings.ReplaceAll(string(dockerfile), "health-worker", "example"))

	program := filepath.Join(dir, "example")
	command(dir, "go", "build", "-o", program, "./services/example/cmd/example")
	command(filepath.Join(dir, "deploy/helm/test"), "env", "GOWORK=off", "go", "test", "-count=1", ".", "-update")
	command(filepath.Join(dir, "deploy/helm/test"), "env", "GOWORK=off", "go", "test", "-count=1", ".")
	command(dir, "go", "test", "./integration/compose", "./deploy/nats")
	if images := command(dir, "scripts/images", "list"); !strings.Contains(images, `{"service":"example","image":"dev-portal-example"}`) {
		t.Errorf("the images are %s", images)
	}

	var touched []string
	for line := range strings.Lines(command(dir, "git", "status", "--porcelain", "-uall")) {
		if path := strings.TrimSpace(line[3:]); line[:2] != "A " && !strings.HasPrefix(path, "services/example/") && path != "example" {
			touched = append(touched, path)
		}
	}
	if len(touched) == 0 || len(touched) > mostFiles {
		t.Errorf("%d files are touched, want at most %d:\n%s", len(touched), mostFiles, strings.Join(touched, "\n"))
	}
	t.Logf("%d files outside of its folder are touched:\n%s", len(touched), strings.Join(touched, "\n"))
	runs(t, program)
}

// add puts text before another in a file, or makes the file of it.
func add(t *testing.T, path, before, text string) {
	t.Helper()
	old, err := os.ReadFile(path)
	if before != "" && (err != nil || bytes.Count(old, []byte(before)) != 1) {
		t.Fatalf("%s does not have %q once (%v)", path, before, err)
	}
	if before != "" {
		text = strings.Replace(string(old), before, text+before, 1)
	}
	if err := cmp.Or(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// runs checks that the program lives without NATS, says so, and ends when told to.
func runs(t *testing.T, program string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, program)
	cmd.Env = append(os.Environ(), "PORTAL_METRICS="+at, "PORTAL_NATS_URL=nats://127.0.0.1:1")
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/livez": "ok", "/readyz": "NATS is not connected", "/metrics": "go_goroutines"} {
		if got := eventually(ctx, "http://"+at+path); !strings.Contains(got, want) {
			t.Errorf("%s says %.200q, want %q", path, got, want)
		}
	}
	if err := cmp.Or(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// eventually is what a server answers, once it does.
func eventually(ctx context.Context, url string) string {
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err.Error()
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			time.Sleep(20 * time.Millisecond) // it has not started yet
			continue
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err == nil {
			return string(text)
		}
	}
	return "nothing"
}
