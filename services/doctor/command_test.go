package doctor

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

func TestUsageErrorsExitWithTwoAndHideSecrets(t *testing.T) {
	const url = "--url=http://127.0.0.1:1"
	for name, tc := range map[string]struct {
		args []string
		says string
	}{
		"no URL":                         {nil, "--url is missing"},
		"an unknown flag":                {[]string{"--ur=x"}, "not defined: -ur"},
		"a URL without a scheme":         {[]string{"--url=portal.example.com"}, "--url must look like"},
		"a URL with a password":          {[]string{"--url=https://me:" + password + "@portal.example.com"}, "--url must look like"},
		"a URL with a path":              {[]string{"--url=https://portal.example.com/api"}, "--url must have no path"},
		"a URL that is none":             {[]string{"--url=https://me:" + password + "%zz@portal"}, "--url must look like"},
		"Traefik's port alone":           {[]string{url, "--traefik=8000"}, "--traefik must look like"},
		"no time":                        {[]string{url, "--timeout=0s"}, "--timeout must be more"},
		"a time without a unit":          {[]string{url, "--timeout=5"}, "timeout"},
		"NATS without a scheme":          {[]string{url, "--nats=me:" + password + "@nats:4222"}, "--nats must look like"},
		"NATS with a percent sign":       {[]string{url, "--nats=nats://me:" + password + "%zz@nats:4222"}, "--nats must look like"},
		"NATS with a space":              {[]string{url, "--nats=nats://me:" + password + " @nats:4222"}, "--nats must look like"},
		"a second NATS that is none":     {[]string{url, "--nats=nats://me:" + password + "@nats:4222,me:" + password}, "--nats must look like"},
		"a header without a colon":       {[]string{url, "--header=Authorization " + password}, "--header must look like"},
		"a header with a space":          {[]string{url, "--header=Authorization Bearer: " + password}, "--header must look like"},
		"a header with a new line":       {[]string{url, "--header=Authorization: " + password + "\n"}, "--header must look like"},
		"a header without its quotes":    {[]string{url, "--header", "Authorization:", password}, "miss its quotes"},
		"a header with half its quotes":  {[]string{url, "--header", "Authorization: Bearer", password}, "miss its quotes"},
		"another command after the name": {[]string{"nurse"}, "unexpected argument"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, stderr bytes.Buffer
			if code := (Command{Name: "dev-portal doctor", Out: &out, Err: &stderr}).Run(t.Context(), tc.args); code != codeUsage {
				t.Errorf("exit code %d, want %d", code, codeUsage)
			}
			if out.Len() > 0 || !strings.Contains(stderr.String(), tc.says) || strings.Count(stderr.String(), "\n") != 1 {
				t.Errorf("got %q and %q, want one line on stderr: … %s …", out.String(), stderr.String(), tc.says)
			}
			if strings.Contains(stderr.String(), password) {
				t.Errorf("the secret is shown: %s", stderr.String())
			}
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	var out, stderr bytes.Buffer
	if code := (Command{Name: "dev-portal doctor", Out: &out, Err: &stderr}).Run(t.Context(), []string{"--help"}); code != codeOK {
		t.Errorf("exit code %d", code)
	}
	for _, flag := range []string{"-url", "-traefik", "-tunnel-config", "-kube", "-json"} {
		if !strings.Contains(out.String(), flag) {
			t.Errorf("%s is not in the help", flag)
		}
	}
	if stderr.Len() > 0 {
		t.Errorf("on stderr: %s", stderr.String())
	}
}

// Nothing listens at the URLs, so no answer can echo the header.
func TestReportHidesSecrets(t *testing.T) {
	fakeKubectl(t)
	args := []string{
		"--url", nowhere, "--traefik", nowhere, "--traefik-api", nowhere, "--web", nowhere, "--api", nowhere, "--kube",
		"--nats", "nats://me:" + password + "@127.0.0.1:1,nats://" + password + "@127.0.0.1:2", "--header", "Authorization: Bearer " + password,
	}
	var text, asJSON, stderr bytes.Buffer
	if code := (Command{Name: "dev-portal doctor", Out: &text, Err: &stderr, Coloured: true}).Run(t.Context(), args); code != codeBroken {
		t.Errorf("exit code %d, want %d", code, codeBroken)
	}
	if code := (Command{Name: "dev-portal doctor", Out: &asJSON, Err: &stderr}).Run(t.Context(), append(args, "--json")); code != codeBroken {
		t.Errorf("exit code %d, want %d", code, codeBroken)
	}
	if all := text.String() + asJSON.String() + stderr.String(); strings.Contains(all, password) || !strings.Contains(all, "127.0.0.1:1, 127.0.0.1:2") {
		t.Errorf("want the hosts of NATS and no secret: %s", all)
	}

	var r report
	if err := json.Unmarshal(asJSON.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range r.Hops {
		names = append(names, f.Hop)
		if !strings.Contains(text.String(), f.Hop) || f.What == "" || (f.State == finding.Broken) != (f.Why != "" && f.Fix != "") {
			t.Errorf("%+v is not whole, or not in the text: %s", f, text.String())
		}
	}
	want := "DNS edge tunnel IngressRoutes Traefik pods web catalog-api Postgres NATS streams consumers workers events and results"
	if got := strings.Join(names, " "); got != want || r.Broken != "edge" || r.URL != nowhere {
		t.Errorf("got %s, broken %s, want %s, broken edge", got, r.Broken, want)
	}
}

func TestChecklist(t *testing.T) {
	r := report{URL: "https://portal.example.com", Broken: "edge", Hops: []finding.Finding{
		{Hop: "DNS", State: finding.OK, What: "portal.example.com is 192.0.2.1"},
		finding.Fault("nothing").WithCause(strings.Repeat("word ", 20), "mend it"),
		{Hop: "tunnel", State: finding.Skipped, What: "not seen"},
	}}
	r.Hops[1].Hop = "edge"
	var out bytes.Buffer
	r.print(&out, false)
	const want = `Dev Portal at https://portal.example.com

  ok       DNS           portal.example.com is 192.0.2.1
  BROKEN   edge          nothing
                         why: word word word word word word word word word word word word word word word word
                              word word word word
                         fix: mend it
  skipped  tunnel        not seen

The first broken hop is edge: begin there. 1 hop was not looked at.
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// fakeKubectl puts a fake kubectl first in PATH, which finds nothing.
func fakeKubectl(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte("#!/bin/sh\necho '{\"items\":[]}'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}
