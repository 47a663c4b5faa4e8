package service

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestExitCodes(t *testing.T) {
	for name, tc := range map[string]struct {
		args   []string
		fails  error
		want   int
		stdout string
		stderr string
	}{
		"version and commit are printed": {args: []string{"--version"}, stdout: "1.2.3 abc"},
		"a flag that there isn't":        {args: []string{"--verbose"}, want: 2, stderr: "-verbose"},
		"it runs, and ends":              {},
		"it fails":                       {fails: errors.New("no room"), want: 1, stderr: `"level":"ERROR","msg":"stopped","service":"example","version":"1.2.3","error":"no room"`},
		"nobody is there to be asked":    {args: []string{"--healthcheck"}, want: 1, stderr: "example: PORTAL_METRICS: "},
	} {
		t.Run(name, func(t *testing.T) {
			stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
			if err != nil {
				t.Fatal(err)
			}
			var stdout bytes.Buffer
			p := Process{Name: "example", Version: "1.2.3", Commit: "abc", Getenv: func(string) string { return "" }}
			got := p.main(tc.args, &stdout, stderr, func(context.Context, Process) error { return tc.fails })
			said, err := os.ReadFile(stderr.Name())
			if err != nil {
				t.Fatal(err)
			}
			if got != tc.want || strings.TrimSpace(stdout.String()) != tc.stdout || !strings.Contains(string(said), tc.stderr) {
				t.Errorf("exit code %d with %q and %q, want %d with %q and %q", got, stdout.String(), said, tc.want, tc.stdout, tc.stderr)
			}
		})
	}
}

func TestDurationsAreLoggedInMilliseconds(t *testing.T) {
	var out bytes.Buffer
	slog.New(newJSON(&out)).Info("migrated", "duration", 7184253*time.Nanosecond)
	if !strings.Contains(out.String(), `"duration_ms":7.184}`) {
		t.Errorf("got %s", out.String())
	}
}
