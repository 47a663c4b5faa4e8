package httpapi_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// property is a field in the description of the API.
type property struct {
	Type        json.RawMessage // "string", or ["string", "null"]
	Enum        []*string
	MaxLength   int
	Pattern     string
	Description string
}

func (f property) nullable() bool { return strings.Contains(string(f.Type), `"null"`) }

// writable returns the fields of a service that a client can set.
func (d description) writable() map[string]property {
	fields := map[string]property{}
	for name, field := range d.Components.Schemas["ServiceUpdate"].Properties {
		if !strings.HasPrefix(field.Description, "Set by the portal") {
			fields[name] = field
		}
	}
	return fields
}

// sample returns a value of that many characters.
func (f property) sample(length int) string {
	begin := ""
	if f.Pattern != "" {
		begin = "https://x.example/"
	}
	return begin + strings.Repeat("x", length-len(begin))
}

// What a client writes into a text field is stored, answered, listed and published; what is
// too long is refused.
func TestTextFieldsAreKept(t *testing.T) {
	p, doc, _ := described(t)
	for name, field := range doc.writable() {
		if field.MaxLength == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			path, made := p.create(fmt.Sprintf(`{"name":"the service of %s"}`, name))
			id := made.body["id"].(string)
			want := field.sample(field.MaxLength)
			write := func(value string) answer { return p.call("PATCH", path, fmt.Sprintf(`{%q:%q}`, name, value)) }

			if a := write(want); a.status != 200 || a.body[name] != want {
				t.Fatalf("%d, and %s is %v", a.status, name, a.body[name])
			}
			read := p.call("GET", path, "")
			list := p.call("GET", "/api/services?id="+id, "").body["items"].([]any)[0].(map[string]any)
			if read.body[name] != want || list[name] != want {
				t.Errorf("read is %v, and listed %v", read.body[name], list[name])
			}
			svc, err := p.store.ServiceByID(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			var event map[string]any
			if data, err := json.Marshal(svc.Event()); err != nil || json.Unmarshal(data, &event) != nil || event[name] != want {
				t.Errorf("events have %v (%v)", event[name], err)
			}
			tooLong := write(field.sample(field.MaxLength + 1))
			wantProblem(t, tooLong, 422, "invalid")
			if !slices.Equal(tooLong.fields(), []string{name}) {
				t.Errorf("too long are %v", tooLong.fields())
			}
		})
	}
}

func TestNullClearsWhatIsDescribedAsNullable(t *testing.T) {
	p, doc, _ := described(t)
	path, _ := p.create(`{"name":"billing"}`)
	for name, field := range doc.writable() {
		if a := p.call("PATCH", path, fmt.Sprintf(`{%q:null}`, name)); (a.status == 200) != field.nullable() {
			t.Errorf("%s is of type %s, and null answered with %d", name, field.Type, a.status)
		}
	}
}

func TestHealthURLMayHaveEveryProbedScheme(t *testing.T) {
	p, doc, _ := described(t)
	path, _ := p.create(`{"name":"billing"}`)
	pattern := regexp.MustCompile(doc.writable()["status_url"].Pattern)
	for _, scheme := range events.ProbedSchemes {
		url := scheme + "://billing.example:8443"
		if a := p.call("PATCH", path, fmt.Sprintf(`{"status_url":%q}`, url)); a.status != 200 || !pattern.MatchString(url) {
			t.Errorf("%s: %d, and described by %s", url, a.status, pattern)
		}
	}
}
