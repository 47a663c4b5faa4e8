package catalogapi_test

import (
	"bytes"
	"errors"
	"flag"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	catalogapi "github.com/dev-portal/dev-portal/services/catalog-api"
)

// keys runs the command, and returns what it wrote.
func keys(t *testing.T, url string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = catalogapi.KeysCommand{
		Name: "dev-portal keys", Out: &out, Err: &errs,
		DatabaseURL: func() (string, error) {
			if url == "" {
				return "", errors.New("no portal runs here")
			}
			return url, nil
		},
		Flags: func(flags *flag.FlagSet) { flags.String("data", "", "a `folder`") },
	}.Run(t.Context(), args)
	return code, out.String(), errs.String()
}

func TestKeysCommand(t *testing.T) {
	url := devtest.Database(t)
	code, secret, said := keys(t, url, "create", "--name", "grafana", "--role", "editor", "--team", "Core", "--team", "Web", "--expires", "90d")
	if code != 0 || !regexp.MustCompile(`^dvp_[0-9A-Za-z]{38}\n$`).MatchString(secret) {
		t.Fatalf("%d, %q, %q", code, secret, said)
	}
	ends := time.Now().AddDate(0, 0, 90).UTC().Format("2006-01-02")
	if !strings.Contains(said, "editor") || !strings.Contains(said, ends) || strings.Contains(said, strings.TrimSpace(secret)) {
		t.Errorf("it says %q", said)
	}
	code, list, said := keys(t, url, "list")
	if code != 0 || said != "" || !regexp.MustCompile(`(?m)^grafana +editor +Core,Web .* `+ends+` \d\d:\d\d +never +-$`).MatchString(list) || strings.Contains(list, "dvp_") {
		t.Errorf("%d, %q\n%s", code, said, list)
	}
	for _, again := range []string{"grafana", "GRAFANA"} {
		if code, out, said := keys(t, url, "create", "--name", again); code != 1 || out != "" || !strings.Contains(said, "there is a key") {
			t.Errorf("%s again: %d, %q, %q", again, code, out, said)
		}
	}
	if code, _, said := keys(t, url, "revoke", "Grafana"); code != 0 || !strings.Contains(said, "Revoked grafana") {
		t.Errorf("%d, %q", code, said)
	}
	if code, _, said := keys(t, url, "revoke", "grafana"); code != 1 || !strings.Contains(said, `no key "grafana"`) {
		t.Errorf("again: %d, %q", code, said)
	}
	if code, one, _ := keys(t, "", "generate"); code != 0 || !strings.HasPrefix(one, "dvp_") {
		t.Errorf("generated without a database: %d, %q", code, one)
	}
}

func TestKeysCommandIsUsedWrongly(t *testing.T) {
	for says, args := range map[string][]string{
		"say what to do":        nil,
		`no command "make"`:     {"make"},
		"not defined: -rolle":   {"create", "--rolle", "viewer"},
		`"root" is not a role`:  {"create", "--name", "x", "--role", "root"},
		`"soon" is no time`:     {"create", "--name", "x", "--expires", "soon"},
		"revoke takes 1":        {"revoke"},
		"create takes 0":        {"create", "grafana"},
		"list takes 0 argument": {"list", "all"},
	} {
		code, out, said := keys(t, "", args...)
		if code != 2 || out != "" || !strings.Contains(said, says) || !strings.Contains(said, "Usage:") {
			t.Errorf("%v: %d, %q, %q", args, code, out, said)
		}
	}
	if code, out, _ := keys(t, "", "create", "--help"); code != 0 || !strings.Contains(out, "-expires") {
		t.Errorf("--help: %d, %q", code, out)
	}
	if code, out, _ := keys(t, "", "--help"); code != 0 || !strings.Contains(out, "Usage:") {
		t.Errorf("--help: %d, %q", code, out)
	}
	if code, _, said := keys(t, "", "list"); code != 1 || !strings.Contains(said, "no portal runs here") {
		t.Errorf("without a database: %d, %q", code, said)
	}
	if code, _, said := keys(t, devtest.Database(t), "create"); code != 1 || !strings.Contains(said, "needs a name") {
		t.Errorf("without a name: %d, %q", code, said)
	}
}
