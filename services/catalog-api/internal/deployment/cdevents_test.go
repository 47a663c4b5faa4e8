package deployment_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/deployment"
)

// cloudEvent returns a CloudEvent with the data.
func cloudEvent(typ, source, data string) deployment.Event {
	return deployment.Event{
		ID: "1", Source: source, Type: typ, Time: time.Date(2026, 3, 14, 9, 31, 21, 0, time.UTC), Data: []byte(data),
	}
}

func TestWhichEventsTellOfDeployments(t *testing.T) {
	for typ, want := range map[string]bool{
		"dev.cdevents.service.deployed.0.1.0":         true,
		"dev.cdevents.service.upgraded.0.2.0":         true,
		"dev.cdevents.service.rolledback.0.3.0-draft": true,
		"dev.cdevents.service.removed.0.2.0":          false,
		"dev.cdevents.service.published.0.2.0":        false,
		"dev.cdevents.environment.created.0.2.0":      false,
		"dev.cdevents.service.deployed":               false,
		"xdev.cdevents.service.deployed.0.1.0":        false,
		"dev.portal.service.deployed.v1":              false,
	} {
		if got := deployment.Tells(cloudEvent(typ, "/ci", "{}")); got != want {
			t.Errorf("%s: %t", typ, got)
		}
	}
}

func TestWhatAnEventTells(t *testing.T) {
	const digest = "sha256:0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427"
	for name, tc := range map[string]struct{ source, subject, more, want string }{
		"a name alone": {"/ci", `"id":"billing"`, "", "[billing]   | by /ci of 09:31:21"},
		"an image with a tag": {"/ci", `"id":"billing","content":{"artifactId":"pkg:oci/billing@` + strings.ReplaceAll(digest, ":", "%3A") + `?tag=v1.8.2"}`, "",
			"[billing] v1.8.2  | by /ci of 09:31:21"},
		"an image without": {"/ci", `"id":"billing","content":{"artifactId":"pkg:oci/billing@` + strings.ReplaceAll(digest, ":", "%3A") + `"}`, "",
			"[billing] " + digest + "  | by /ci of 09:31:21"},
		"a Go module":         {"/ci", `"id":"billing","content":{"artifactId":"pkg:golang/example.com/billing@v1.2.0"}`, "", "[billing] v1.2.0  | by /ci of 09:31:21"},
		"no package URL":      {"/ci", `"id":"billing","content":{"artifactId":"six-1.14.0.whl"}`, "", "[billing] six-1.14.0.whl  | by /ci of 09:31:21"},
		"a path":              {"/ci", `"id":"deployment/prod/billing"`, "", "[deployment/prod/billing billing]   | by /ci of 09:31:21"},
		"a path to nothing":   {"/ci", `"id":"billing/"`, "", "[billing/]   | by /ci of 09:31:21"},
		"an environment":      {"/ci", `"id":"billing","content":{"environment":{"id":"p1","name":"production"}}`, "", "[billing]  production | by /ci of 09:31:21"},
		"an environment's id": {"/ci", `"id":"billing","content":{"environment":{"id":"p1"}}`, "", "[billing]  p1 | by /ci of 09:31:21"},
		"a source to open":    {"https://ci.example.com/runs/1", `"id":"billing"`, "", "[billing]  https://ci.example.com/runs/1 | by  of 09:31:21"},
		"its own time":        {"/ci", `"id":"billing"`, `,"context":{"timestamp":"2026-03-14T08:00:00Z","source":"/tekton"}`, "[billing]   | by /tekton of 08:00:00"},
		"its own words":       {"/ci", `"id":"billing"`, `,"customData":{"version":"7","by":"Ada","url":"https://x.example/"}`, "[billing] 7 https://x.example/ | by Ada of 09:31:21"},
		"other own words":     {"/ci", `"id":"billing"`, `,"customData":"anything"`, "[billing]   | by /ci of 09:31:21"},
	} {
		e := cloudEvent("dev.cdevents.service.deployed.0.2.0", tc.source, `{"subject":{`+tc.subject+`}`+tc.more+`}`)
		names, d, err := deployment.FromCDEvent(e)
		got := fmt.Sprintf("%v %s %s%s | by %s of %s", names, d.Version, d.Environment, d.URL, d.By, d.At.Format("15:04:05"))
		if err != nil || got != tc.want || d.Action != events.ActionDeployed {
			t.Errorf("%s: got %s, %v; want %s", name, got, err, tc.want)
		}
	}
}

func TestEventsHaveKeysOfTheirOwn(t *testing.T) {
	key := func(source, id string) string {
		e := cloudEvent("dev.cdevents.service.deployed.0.2.0", source, `{"subject":{"id":"billing"}}`)
		e.ID = id
		_, d, err := deployment.FromCDEvent(e)
		if err != nil {
			t.Fatal(err)
		}
		return d.Key
	}
	first := key("/a", "1")
	keys := []string{first, key("/a", "2"), key("/b", "1"), key("/a1", "1"), key("/"+strings.Repeat("a", 5000), "1")}
	if slices.Sort(keys); len(slices.Compact(keys)) != 5 || key("/a", "1") != first {
		t.Errorf("the keys are %q", keys)
	}
	for _, k := range keys {
		if len(k) > deployment.MaxKey {
			t.Errorf("%q is too long", k)
		}
	}
}

func TestEventsAreReadInBothModes(t *testing.T) {
	const data = `{"subject":{"id":"billing"}}`
	headers := map[string]string{"Ce-Specversion": "1.0", "Ce-Id": "1", "Ce-Source": "/ci", "Ce-Type": "t", "Ce-Time": "2026-03-14T09:31:21Z"}
	binary, err := deployment.ReadEvent(func(name string) string { return headers[name] }, []byte(data))
	if err != nil || binary.ID != "1" || binary.Source != "/ci" || binary.Type != "t" || binary.Time.Second() != 21 || string(binary.Data) != data {
		t.Fatalf("%+v, %v", binary, err)
	}
	for name, body := range map[string]string{
		"structured": `{"specversion":"1.0","id":"1","source":"/ci","type":"t","time":"2026-03-14T09:31:21Z","extension":1,"data":` + data + `}`,
		"in base 64": `{"specversion":"1.0","id":"1","source":"/ci","type":"t","time":"2026-03-14T09:31:21Z","data_base64":"` + base64.StdEncoding.EncodeToString([]byte(data)) + `"}`,
	} {
		if got, err := deployment.ParseEvent([]byte(body)); err != nil || !reflect.DeepEqual(got, binary) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, body := range map[string]string{
		"no JSON":          `{`,
		"another version":  `{"specversion":"0.3","id":"1","source":"/ci","type":"t","data":{}}`,
		"no id":            `{"specversion":"1.0","source":"/ci","type":"t","data":{}}`,
		"no source":        `{"specversion":"1.0","id":"1","type":"t","data":{}}`,
		"no type":          `{"specversion":"1.0","id":"1","source":"/ci","data":{}}`,
		"another time":     `{"specversion":"1.0","id":"1","source":"/ci","type":"t","time":"now","data":{}}`,
		"no data":          `{"specversion":"1.0","id":"1","source":"/ci","type":"t"}`,
		"data of no sense": `{"specversion":"1.0","id":"1","source":"/ci","type":"t","data_base64":"AA=="}`,
	} {
		if got, err := deployment.ParseEvent([]byte(body)); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
