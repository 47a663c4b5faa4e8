//go:build compose

package compose

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestTraefikRoutesAPIAndPage(t *testing.T) {
	tests := map[string]struct {
		url  string
		code int
		has  string
	}{
		"the page":                    {portal.web + "/", 200, "<!doctype html>"},
		"a part of the page":          {portal.web + "/app.js", 200, "import"},
		"an address of the page":      {portal.web + "/services/x", 200, "<!doctype html>"},
		"no such file":                {portal.web + "/nothing.css", 404, "<!doctype html>"},
		"the API":                     {portal.web + "/api/services", 200, `"total"`},
		"health, every part there":    {portal.web + "/api/health", 200, `"status":"ok"`},
		"no such call":                {portal.web + "/api/nothing", 404, `"status":404`},
		"the API without Traefik":     {portal.api + "/api/services", 200, `"total"`},
		"what Traefik was told":       {portal.traefik + "/api/http/routers/api@file", 200, `"status":"enabled"`},
		"operators' port is inside":   {portal.api + "/metrics", 404, ""},
		"Traefik's is not the way in": {portal.web + "/ping", 200, "<!doctype html>"},
	}
	for name, test := range tests {
		code, body := call(t, http.MethodGet, "http://"+test.url, nil)
		if code != test.code || !strings.Contains(body, test.has) {
			t.Errorf("%s: got %d %.200s, want %d with %q", name, code, body, test.code, test.has)
		}
	}
}

func TestContainersHaveMinimalPrivileges(t *testing.T) {
	seen := map[string]int{}
	for _, c := range portal.containers(t) {
		name, h := c.service(), c.HostConfig
		if name == "target" {
			continue
		}
		seen[name]++
		for what, right := range map[string]bool{
			"read-only root":        h.ReadonlyRootfs,
			"no capabilities":       slices.Contains(h.CapDrop, "ALL") && len(h.CapAdd) == 0 && !h.Privileged,
			"no new privileges":     slices.Contains(h.SecurityOpt, "no-new-privileges:true"),
			"a limit of memory":     h.Memory > 0,
			"a limit of processors": h.NanoCpus > 0,
			"a limit of processes":  h.PidsLimit > 0,
			"comes back":            h.RestartPolicy.Name == "unless-stopped",
			"not root":              name == "nats" || (c.Config.User != "" && !strings.HasPrefix(c.Config.User, "0")),
		} {
			if !right {
				t.Errorf("%s: not so: %s", name, what)
			}
		}
		for port, bindings := range h.PortBindings {
			for _, b := range bindings {
				if b.HostIP != "127.0.0.1" {
					t.Errorf("%s publishes %s on %q, want on this machine only", name, port, b.HostIP)
				}
			}
		}
	}
	want := map[string]int{"traefik": 1, "web": 1, "nats": 1, "postgres": 1}
	for _, service := range programs(t) {
		want[service] = 1
	}
	want["health-worker"] = workers
	if !maps.Equal(seen, want) {
		t.Errorf("the containers are %v, want %v", seen, want)
	}
}

func TestNetworksIsolateTheParts(t *testing.T) {
	members := map[string][]string{}
	for _, c := range portal.containers(t) {
		for network := range c.NetworkSettings.Networks {
			short := strings.TrimPrefix(network, portal.name+"_")
			members[short] = append(members[short], c.service())
		}
	}
	want := map[string][]string{
		"page":   {"traefik", "web"},
		"data":   {"catalog-api", "postgres"},
		"broker": append(programs(t), "nats"),
	}
	for network, services := range want {
		got := members[network]
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, services) {
			t.Errorf("network %s has %v, want %v", network, got, services)
		}
		found := inspect[struct{ Internal bool }](t, "network", portal.name+"_"+network)
		if len(found) != 1 || !found[0].Internal {
			t.Errorf("network %s has a way out", network)
		}
	}
}

func TestDataOutlivesTheContainers(t *testing.T) {
	ids := register(t, "kept", 3)
	before := total(t, "")
	if err := portal.down(); err != nil {
		t.Fatal(err)
	}
	if err := portal.up(); err != nil {
		t.Fatal(err)
	}
	if after := total(t, ""); after != before {
		t.Errorf("%d services after all containers were made anew, want %d", after, before)
	}
	hits := portal.follow(t)
	hits.until("what was kept is probed again", func() bool {
		return len(hits.all[path("kept", 0)]) > 0 && len(hits.all[path("kept", 2)]) > 0
	})
	remove(t, ids)
}
