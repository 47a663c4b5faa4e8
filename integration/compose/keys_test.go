//go:build compose

package compose

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// status returns what GET /api/me answers to a key, through Traefik.
func status(t *testing.T, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+portal.web+"/api/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// The words of docs/access.md, in a container that has nothing but the program.
func TestKeysByTheCommandLine(t *testing.T) {
	in := func(args ...string) string {
		t.Helper()
		out, err := portal.compose(30*time.Second, append([]string{"exec", "-T", "catalog-api", "dev-portal", "keys"}, args...)...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	var key string
	for word := range strings.FieldsSeq(in("create", "--name", "grafana", "--expires", "1d")) {
		if strings.HasPrefix(word, "dvp_") {
			key = word
		}
	}
	if got := status(t, key); got != http.StatusOK {
		t.Errorf("the key is answered %d", got)
	}
	if list := in("list"); !strings.Contains(list, "grafana") {
		t.Errorf("the list is %s", list)
	}
	in("revoke", "grafana")
	for end := time.Now().Add(10 * time.Second); status(t, key) != http.StatusUnauthorized; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the revoked key is answered")
		}
	}
	logs, err := portal.compose(30*time.Second, "logs", "--no-color")
	if err != nil || strings.Contains(logs, key[4:]) {
		t.Errorf("a log has the key, or there is none: %v", err)
	}
}
