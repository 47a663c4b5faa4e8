package catalog_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

// service returns a legal service that was changed by c at t0.
func service(c catalog.Change) catalog.Service {
	svc := catalog.New("019a0000-0000-7000-8000-000000000001", "1m", t0)
	svc.Apply(catalog.Change{Name: ptr("billing")}, t0)
	svc.Apply(c, t0)
	return svc
}

func TestApplySetsStatus(t *testing.T) {
	probed := catalog.Change{StatusURL: ptr("https://billing.example/healthz")}
	manual := catalog.Change{Status: ptr(events.StatusDegraded)}
	for name, tc := range map[string]struct {
		before, change catalog.Change
		want           events.Status
		reason         events.Reason
		checked        bool
	}{
		"a person sets it where there is no health URL":    {catalog.Change{}, manual, events.StatusDegraded, events.ReasonManual, false},
		"a client's status is ignored beside a health URL": {probed, manual, events.StatusHealthy, events.ReasonOK, true},
		"another health URL makes it unknown":              {probed, catalog.Change{StatusURL: ptr("https://other.example/")}, events.StatusUnknown, "", false},
		"the same health URL leaves it":                    {probed, probed, events.StatusHealthy, events.ReasonOK, true},
		"a new name leaves it":                             {probed, catalog.Change{Name: ptr("invoicing")}, events.StatusHealthy, events.ReasonOK, true},
		"without its health URL it is unknown":             {probed, catalog.Change{StatusURL: ptr("")}, events.StatusUnknown, "", false},
		"without its health URL it is what a person says": {
			probed, catalog.Change{StatusURL: ptr(""), Status: ptr(events.StatusDown)}, events.StatusDown, events.ReasonManual, false,
		},
		"a cleared status is unknown":                {manual, catalog.Change{Status: ptr(events.Status(""))}, events.StatusUnknown, events.ReasonManual, false},
		"a first health URL ends what a person said": {manual, probed, events.StatusUnknown, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			svc := service(tc.before)
			if svc.StatusURL != "" {
				svc.Status, svc.StatusReason, svc.LastCheckedAt = events.StatusHealthy, events.ReasonOK, ptr(t0)
			}
			svc.Apply(tc.change, t0.Add(time.Hour))
			if svc.Status != tc.want || svc.StatusReason != tc.reason || (svc.LastCheckedAt != nil) != tc.checked {
				t.Errorf("got %s (%s), checked %v; want %s (%s), checked %v",
					svc.Status, svc.StatusReason, svc.LastCheckedAt, tc.want, tc.reason, tc.checked)
			}
		})
	}
}

func TestApplyWithoutEffectIsNoChange(t *testing.T) {
	svc := service(catalog.Change{Tags: ptr([]string{"go"}), Status: ptr(events.StatusHealthy)})
	before := svc
	same := catalog.Change{
		Name: ptr(" billing "), Tags: ptr([]string{"go", " go"}), Status: ptr(events.StatusHealthy), Team: ptr(""),
	}
	if svc.Apply(same, t0.Add(time.Hour)) {
		t.Error("it says that something changed")
	}
	if svc.Version != before.Version || !svc.UpdatedAt.Equal(before.UpdatedAt) || !svc.StatusSince.Equal(before.StatusSince) {
		t.Errorf("got version %d of %v, want version %d of %v", svc.Version, svc.UpdatedAt, before.Version, before.UpdatedAt)
	}
}

func TestApplyCountsVersions(t *testing.T) {
	svc := service(catalog.Change{})
	if svc.Version != 1 {
		t.Fatalf("the first version is %d", svc.Version)
	}
	if !svc.Apply(catalog.Change{Description: ptr("Sends invoices.")}, t0.Add(time.Hour)) || svc.Version != 2 {
		t.Errorf("got version %d after a change, want 2", svc.Version)
	}
	if !svc.UpdatedAt.Equal(t0.Add(time.Hour)) || !svc.CreatedAt.Equal(t0) {
		t.Errorf("got updated %v and created %v", svc.UpdatedAt, svc.CreatedAt)
	}
}

func TestStatusSinceStaysIfStatusStays(t *testing.T) {
	svc := service(catalog.Change{})
	svc.Apply(catalog.Change{StatusURL: ptr("https://billing.example/")}, t0.Add(time.Hour))
	if !svc.StatusSince.Equal(t0) {
		t.Errorf("unknown since %v, want %v: it was unknown before", svc.StatusSince, t0)
	}
}

func TestTagsAreTrimmedAndKeptOnce(t *testing.T) {
	svc := service(catalog.Change{Tags: ptr([]string{" go ", "grpc", "go", "Go"})})
	if want := []string{"go", "grpc", "Go"}; !slices.Equal(svc.Tags, want) {
		t.Errorf("got %q, want %q", svc.Tags, want)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	url := func(raw string) catalog.Change { return catalog.Change{DocsURL: &raw} }
	for name, tc := range map[string]struct {
		change catalog.Change
		want   string // the field, or empty for a legal service
	}{
		"nothing but a name":           {catalog.Change{}, ""},
		"no name":                      {catalog.Change{Name: ptr("  ")}, "name"},
		"100 characters of name":       {catalog.Change{Name: ptr(strings.Repeat("ü", 100))}, ""},
		"101 characters of name":       {catalog.Change{Name: ptr(strings.Repeat("u", 101))}, "name"},
		"a NUL in the name":            {catalog.Change{Name: ptr("a\x00b")}, "name"},
		"a line break in the name":     {catalog.Change{Name: ptr("a\nb")}, "name"},
		"a broken character":           {catalog.Change{Team: ptr("\xff")}, "team"},
		"lines in the description":     {catalog.Change{Description: ptr("one\ntwo")}, ""},
		"a long description":           {catalog.Change{Description: ptr(strings.Repeat("x", 2001))}, "description"},
		"markup, which is only text":   {catalog.Change{Name: ptr("<script>alert(1)</script>")}, ""},
		"a link":                       {url("https://docs.example/a?b=c#d"), ""},
		"a link with user information": {url("https://me:secret@docs.example/"), ""},
		"a script":                     {url("javascript:alert(1)"), "docs_url"},
		"a script in disguise":         {url("JaVaScRiPt:alert(1)//https://x"), "docs_url"},
		"data":                         {url("data:text/html,x"), "docs_url"},
		"a file":                       {url("file:///etc/passwd"), "docs_url"},
		"no scheme":                    {url("docs.example/x"), "docs_url"},
		"a relative link":              {url("//docs.example/x"), "docs_url"},
		"no host":                      {url("https:///x"), "docs_url"},
		"only a port":                  {url("https://:443/"), "docs_url"},
		"a space in a link":            {url("https://docs.example/a b"), "docs_url"},
		"a port out of range":          {url("https://docs.example:99999/"), "docs_url"},
		"a broken escape":              {url("https://docs.example/%zz"), "docs_url"},
		"a long link":                  {url("https://docs.example/" + strings.Repeat("x", 2000)), "docs_url"},
		"a health URL with a password": {catalog.Change{StatusURL: ptr("https://me:secret@billing.example/")}, "status_url"},
		"an odd interval":              {catalog.Change{Interval: ptr(events.Interval("7s"))}, "interval"},
		"a made-up status":             {catalog.Change{Status: ptr(events.Status("fine"))}, "status"},
		"50 tags":                      {catalog.Change{Tags: ptr(tags(50))}, ""},
		"a made-up status beside a health URL": {
			catalog.Change{StatusURL: ptr("https://billing.example/"), Status: ptr(events.Status("fine"))}, "status",
		},
		"51 tags":      {catalog.Change{Tags: ptr(tags(51))}, "tags"},
		"an empty tag": {catalog.Change{Tags: ptr([]string{"a", " "})}, "tags[1]"},
		"a long tag":   {catalog.Change{Tags: ptr([]string{strings.Repeat("x", 64)})}, "tags[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			err := service(tc.change).Validate()
			invalid, _ := errors.AsType[*catalog.InvalidError](err)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("got %v, want a legal service", err)
			case tc.want != "" && (invalid == nil || invalid.Fields[0].Field != tc.want):
				t.Errorf("got %v, want %s to be named", err, tc.want)
			}
		})
	}
}

// tags returns n different tags.
func tags(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.Repeat("x", i%40+1) + strings.Repeat("y", i/40)
	}
	return list
}

func TestPasswordIsNotRepeated(t *testing.T) {
	err := service(catalog.Change{StatusURL: ptr("https://me:hunter2@billing.example/")}).Validate()
	invalid, _ := errors.AsType[*catalog.InvalidError](err)
	if invalid == nil || invalid.Fields[0].Value != nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %+v", err)
	}
}

// FuzzURL looks for a valid URL that a browser would execute or the prober could not
// parse.
func FuzzURL(f *testing.F) {
	for _, seed := range []string{"https://a.example/", "javascript:alert(1)", "http://[::1]:80/", "https://a\\@b/", "http://%41/", "ht\ttps://a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		svc := service(catalog.Change{StatusURL: &raw})
		if svc.StatusURL == "" || svc.Validate() != nil {
			return
		}
		lower := strings.ToLower(svc.StatusURL)
		if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
			t.Errorf("%q passes", raw)
		}
		plan := events.ProbePlanned{ServiceID: svc.ID, Version: 1, URL: svc.StatusURL, Interval: "1m"}
		if err := plan.Validate(); err != nil {
			t.Errorf("%q passes, but can't be planned: %v", raw, err)
		}
	})
}
