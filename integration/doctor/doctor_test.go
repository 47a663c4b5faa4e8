package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// finding and report are the doctor's JSON.
type finding struct{ Hop, State, What, Why, Fix string }

type report struct {
	URL, Broken string
	Hops        []finding
}

// first returns the finding about the first broken hop.
func (r report) first() finding {
	for _, f := range r.Hops {
		if f.Hop == r.Broken {
			return f
		}
	}
	return finding{}
}

func (r report) hop(name string) finding {
	for _, f := range r.Hops {
		if f.Hop == name {
			return f
		}
	}
	return finding{}
}

// examine runs the command. It fails the test if the exit code disagrees with the report.
func examine(t *testing.T, roots string, args ...string) report {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "dev-portal"), append([]string{"doctor", "--json"}, args...)...)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+roots)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("doctor %s: %v: %s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	want := 0
	if r.Broken != "" {
		want = 1
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Errorf("doctor %s: exit code %d, want %d", strings.Join(args, " "), got, want)
	}
	return r
}

// fault is a fault with its expected finding.
type fault struct {
	args []string
	hop  string
	says []string // contained in what, why or fix
}

// judge checks that the fault gets its finding, and returns the finding.
func (f fault) judge(t *testing.T, roots string) finding {
	t.Helper()
	r := examine(t, roots, f.args...)
	first := r.first()
	if r.Broken != f.hop {
		t.Errorf("the first broken hop is %q, want %q: %+v", r.Broken, f.hop, r.Hops)
	}
	for _, words := range f.says {
		if all := first.What + " " + first.Why + " " + first.Fix; !strings.Contains(all, words) {
			t.Errorf("it does not say %q: %s", words, all)
		}
	}
	if first.What == "" || first.Why == "" || first.Fix == "" {
		t.Errorf("it must say what, why and the fix: %+v", first)
	}
	return first
}

// judgeAll checks that every fault gets its finding, and that no two are the same.
func judgeAll(t *testing.T, roots string, faults map[string]fault) {
	t.Helper()
	given := map[string]string{}
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			answer := f.judge(t, roots)
			key := answer.Hop + ": " + answer.Why
			if other, taken := given[key]; taken {
				t.Errorf("this is the answer to %q too: %s", other, key)
			}
			given[key] = name
		})
	}
}

// healthy checks that nothing is broken, and that the named hops were checked.
func healthy(t *testing.T, r report, looked ...string) {
	t.Helper()
	if r.Broken != "" {
		t.Errorf("%s is said to be broken: %+v", r.Broken, r.first())
	}
	for _, name := range looked {
		if got := r.hop(name); got.State != "ok" {
			t.Errorf("%s is %s: %s", name, got.State, got.What)
		}
	}
}
