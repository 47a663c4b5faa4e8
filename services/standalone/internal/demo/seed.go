package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxAnswer is the most bytes that are read of an answer; a catalogue of thousands fits.
const maxAnswer = 64 << 20

// service is the part of the REST contract that the demo uses.
type service struct {
	ID           string   `json:"id,omitempty"`
	Name         string   `json:"name"`
	Team         string   `json:"team,omitempty"`
	Description  string   `json:"description,omitempty"`
	Status       string   `json:"status,omitempty"`
	StatusURL    string   `json:"status_url,omitempty"`
	DocsURL      string   `json:"docs_url,omitempty"`
	GitHubURL    string   `json:"github_url,omitempty"`
	DashboardURL string   `json:"dashboard_url,omitempty"`
	Tags         []string `json:"tags,omitempty"`
	Interval     string   `json:"interval,omitempty"`
	DependsOn    []need   `json:"depends_on,omitempty"`
}

// Seed adds the missing examples to the portal at base, through its REST API. If the
// portal's address has changed, it updates the health URLs of the existing ones. It keeps
// all other changes that a person made.
func Seed(ctx context.Context, base string) error {
	c := client{base: base, http: &http.Client{Timeout: 10 * time.Second}}
	var list struct {
		Items []service `json:"items"`
	}
	if err := c.do(ctx, http.MethodGet, "/api/services", nil, &list); err != nil {
		return err
	}
	planned := plans(time.Now().UTC())
	for _, t := range teams {
		t.OnCall = planned[t.Name]
		if err := c.do(ctx, http.MethodPost, "/api/teams", t, nil); err != nil {
			return fmt.Errorf("team %q: %w", t.Name, err)
		}
	}
	d := seeding{client: c, there: make(map[string]service, len(list.Items)), begun: map[string]bool{}}
	for _, s := range list.Items {
		d.there[strings.ToLower(s.Name)] = s
	}
	for _, e := range examples {
		if err := d.seed(ctx, e); err != nil {
			return fmt.Errorf("service %q: %w", e.name, err)
		}
	}
	if err := d.complete(ctx); err != nil {
		return err
	}
	if err := c.do(ctx, http.MethodPost, "/api/dependencies/observed", map[string][]call{"calls": calls()}, nil); err != nil {
		return fmt.Errorf("calls: %w", err)
	}
	return nil
}

// seeding is a run of Seed.
type seeding struct {
	client

	there      map[string]service // the portal's services, by name in lower case
	begun      map[string]bool    // the examples that were looked at, by name
	incomplete []example          // were added before one that they need
}

// seed adds the example, or updates it, after those that it needs.
func (d *seeding) seed(ctx context.Context, e example) error {
	if d.begun[e.name] {
		return nil
	}
	d.begun[e.name] = true
	for _, other := range examples {
		if slices.ContainsFunc(e.needed(), func(n need) bool { return n.Name == other.name }) {
			if err := d.seed(ctx, other); err != nil {
				return err
			}
		}
	}
	want := e.service(d.base)
	have, exists := d.there[strings.ToLower(e.name)]
	switch {
	case !exists:
		want.DependsOn = d.known(e)
		if len(want.DependsOn) < len(e.needed()) {
			d.incomplete = append(d.incomplete, e)
		}
		made, err := d.add(ctx, e, want)
		if err == nil && made.ID != "" {
			d.there[strings.ToLower(e.name)] = made
		}
		return err
	case moved(have.StatusURL, want.StatusURL):
		return d.do(ctx, http.MethodPatch, "/api/services/"+have.ID, map[string]string{"status_url": want.StatusURL}, nil)
	}
	return nil
}

// known returns what the example needs of those that are there. A person may have renamed or
// deleted the others.
func (d *seeding) known(e example) []need {
	return slices.DeleteFunc(e.needed(), func(n need) bool { return d.there[strings.ToLower(n.Name)].ID == "" })
}

// complete tells what those examples need that need each other.
func (d *seeding) complete(ctx context.Context) error {
	for _, e := range d.incomplete {
		have := d.there[strings.ToLower(e.name)]
		if have.ID == "" {
			continue
		}
		list := map[string][]need{"depends_on": d.known(e)}
		if err := d.do(ctx, http.MethodPatch, "/api/services/"+have.ID, list, nil); err != nil {
			return fmt.Errorf("what service %q needs: %w", e.name, err)
		}
	}
	return nil
}

// The kinds of needs: without a hard one, the service does not work.
const hard, soft = "hard", "soft"

// need is a service that another one needs, in the form of the API.
type need struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // hard or soft
}

// needed returns what the example needs.
func (e example) needed() (list []need) {
	if e.needs == "" {
		return nil
	}
	for name := range strings.SplitSeq(e.needs, ", ") {
		kind := hard
		name, isSoft := strings.CutSuffix(name, "?")
		if isSoft {
			kind = soft
		}
		list = append(list, need{name, kind})
	}
	return list
}

// deployment is what the demo tells of one.
type deployment struct {
	Version     string    `json:"version"`
	Environment string    `json:"environment"`
	URL         string    `json:"url"`
	By          string    `json:"by"`
	DeployedAt  time.Time `json:"deployed_at"`
}

// add adds an example as a service, and tells what was deployed before it was probed. The
// result has no id if somebody else added it meanwhile.
func (c client) add(ctx context.Context, e example, s service) (made service, err error) {
	if err := c.do(ctx, http.MethodPost, "/api/services", s, &made); err != nil || made.ID == "" || e.version == "" {
		return made, err
	}
	return made, c.do(ctx, http.MethodPost, "/api/services/"+made.ID+"/deployments", deployment{
		Version: e.version, Environment: "production", URL: "https://ci.example.com/" + e.slug() + "/runs/4417", By: e.slug() + " pipeline",
		DeployedAt: time.Now().Add(-4 * time.Minute).UTC(),
	}, nil)
}

// service returns the example in the form of the API.
func (e example) service(base string) service {
	slug := e.slug()
	s := service{
		Name: e.name, Team: e.team, Description: e.description, Status: e.status, StatusURL: e.url,
		Tags:         strings.Fields(e.tags),
		DocsURL:      "https://docs.example.com/" + slug,
		GitHubURL:    "https://github.com/example/" + slug,
		DashboardURL: "https://grafana.example.com/d/" + slug,
	}
	if e.script != "" {
		s.StatusURL = base + Path + slug
	}
	if s.StatusURL != "" {
		s.Interval = "10s"
	}
	return s
}

// moved reports whether both URLs are the target's for the same service, at different
// addresses.
func moved(have, want string) bool {
	h, err1 := url.Parse(have)
	w, err2 := url.Parse(want)
	return errors.Join(err1, err2) == nil && have != want && strings.HasPrefix(h.Path, Path) && h.Path == w.Path
}

type client struct {
	base string
	http *http.Client
}

// do sends in and decodes the answer into out, unless they are nil.
func (c client) do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	switch {
	case method == http.MethodPost && res.StatusCode == http.StatusConflict:
		return nil // somebody else added it meanwhile
	case res.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("%s %s: %s: %.300s", method, path, res.Status, data)
	case out != nil:
		return json.Unmarshal(data, out)
	}
	return nil
}
