package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestBinaryHasNoTestHelpers(t *testing.T) {
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
