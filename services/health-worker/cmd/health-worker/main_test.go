package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

func TestExitCodes(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		env  string
		want int
	}{
		"version and commit are printed": {args: []string{"--version"}, want: 0},
		"a flag that there isn't":        {args: []string{"--verbose"}, want: 2},
		"a variable that makes no sense": {env: "soon", want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if got := run(tc.args, func(string) string { return tc.env }, &out); got != tc.want {
				t.Errorf("exit code is %d, want %d", got, tc.want)
			}
			if shown := strings.TrimSpace(out.String()); (tc.want == 0) != (shown == version+" "+commit) {
				t.Errorf("printed %q", shown)
			}
		})
	}
}

func TestTestHelpersAreNotInTheBinary(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if dep == "testing" || strings.Contains(dep, "nats-server") || strings.Contains(dep, "devstack") {
			t.Errorf("the binary has %s", dep)
		}
	}
}
