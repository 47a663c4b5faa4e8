package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

//go:generate go test -run TestSchemasAreUpToDate . -update

var update = flag.Bool("update", false, "rewrite the schemas from the Go types")

const (
	packagePath = "github.com/dev-portal/dev-portal/pkg/events"
	schemaBase  = "https://github.com/dev-portal/dev-portal/raw/main/pkg/events/schemas/"
)

func TestSchemasAreUpToDate(t *testing.T) {
	reflector := newReflector(t)
	for _, e := range samples() {
		schema := reflector.ReflectFromType(reflect.TypeOf(e))
		schema.ID = jsonschema.ID(schemaBase + e.Type() + ".json")
		schema.Title = e.Type()
		want, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, '\n')
		path := filepath.Join("schemas", e.Type()+".json")
		if *update {
			if err := os.WriteFile(path, want, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the Go types say: run go generate", path)
		}
	}
	files, err := filepath.Glob("schemas/*")
	if err != nil || len(files) != len(events.Types) {
		t.Errorf("%d schemas, %v; want one for each of %d types", len(files), err, len(events.Types))
	}
}

// newReflector returns a reflector that takes the descriptions from the comments of
// the Go types, and the enumerations from the package's lists.
func newReflector(t *testing.T) *jsonschema.Reflector {
	t.Helper()
	r := &jsonschema.Reflector{
		ExpandedStruct:            true,
		DoNotReference:            true,
		AllowAdditionalProperties: true, // a field may be added within a version
		Mapper: func(typ reflect.Type) *jsonschema.Schema {
			switch typ {
			case reflect.TypeFor[events.Status]():
				return oneOf(events.Statuses)
			case reflect.TypeFor[events.Reason]():
				return oneOf(events.Reasons)
			case reflect.TypeFor[events.Interval]():
				return oneOf(events.Intervals)
			case reflect.TypeFor[events.DependencyKind]():
				return oneOf(events.DependencyKinds)
			default:
				return nil
			}
		},
	}
	if err := r.AddGoComments(packagePath, "."); err != nil {
		t.Fatal(err)
	}
	for key, text := range r.CommentMap {
		r.CommentMap[key] = strings.ReplaceAll(text, "\n", " ")
	}
	return r
}

func oneOf[T ~string](list []T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, each := range list {
		s.Enum = append(s.Enum, string(each))
	}
	return s
}

func TestSchemasAgreeWithDecode(t *testing.T) {
	type object = map[string]any
	for _, typ := range events.Types {
		schema := compileSchema(t, typ)
		for name, tc := range map[string]struct {
			change func(object)
			valid  bool
		}{
			"as it was first published":    {func(object) {}, true},
			"with a field from later on":   {func(o object) { o["from_later_on"] = object{"a": 1.0} }, true},
			"with an id that is none":      {func(o object) { o[idField(o)] = "*" }, false},
			"without an id":                {func(o object) { delete(o, idField(o)) }, false},
			"with a status that is none":   {replace("up", "status", "to"), false},
			"with a reason off the list":   {replace("bad luck", "reason", "status_reason"), false},
			"with an interval in between":  {replace("7m", "interval"), false},
			"with a time that is none":     {replace("yesterday", "created_at", "deleted_at", "since", "checked_at", "read_at"), false},
			"with a text for a number":     {replaceNumber("1", "version", "latency_ms"), false},
			"with null where nothing is":   {replace(nil, "version", "from"), false},
			"with a URL that is none":      {replace("::", "url", "status_url"), false},
			"with tags that are not texts": {replace([]any{1.0}, "tags"), false},
		} {
			var value object
			if err := json.Unmarshal(golden(t, typ), &value); err != nil {
				t.Fatal(err)
			}
			before := len(value)
			changed := value
			if results, ok := value["results"].([]any); ok { // the fields are in its elements
				changed, _ = results[0].(object)
			}
			tc.change(changed)
			if changed["unchanged"] == true {
				continue // this type has no such field
			}
			if err := schema.Validate(value); (err == nil) != tc.valid {
				t.Errorf("%s %s (%d fields): %v", typ, name, before, err)
			}
		}
	}
}

func idField(o map[string]any) string {
	for _, field := range []string{"id", "slug", "part"} {
		if _, ok := o[field]; ok {
			return field
		}
	}
	return "service_id"
}

// replace replaces the value of the first of the fields that the object has.
func replace(value any, fields ...string) func(map[string]any) {
	return func(o map[string]any) {
		for _, field := range fields {
			if _, ok := o[field]; ok {
				o[field] = value
				return
			}
		}
		o["unchanged"] = true
	}
}

// replaceNumber replaces the value of the first of the fields that is a number in the object.
func replaceNumber(value any, fields ...string) func(map[string]any) {
	return func(o map[string]any) {
		for _, field := range fields {
			if _, ok := o[field].(float64); ok {
				o[field] = value
				return
			}
		}
		o["unchanged"] = true
	}
}

func compileSchema(t *testing.T, typ string) *validator.Schema {
	t.Helper()
	compiler := validator.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join("schemas", typ+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
