package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// maxErrors bounds how many wrong fields one answer names.
const maxErrors = 50

// Field is a member of a body that a client may set: absent, null or a value.
type Field[T ~string | ~[]string] struct {
	// To is what the field is to be: nil where it is absent, and empty where it is null.
	To *T
}

// Schema is that of a T, or null.
func (Field[T]) Schema(r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return s
}

// set takes a JSON value, or says what is wrong with it.
func (f *Field[T]) set(value json.RawMessage) (wrong string) {
	to := reflect.New(reflect.TypeFor[T]())
	if to.Elem().Kind() == reflect.String {
		text, wrong := parseText(value, "It must be text in quotes, or null.")
		to.Elem().SetString(text)
		f.To = to.Interface().(*T)
		return wrong
	}
	texts, wrong := parseTexts(value)
	to.Elem().Set(reflect.ValueOf(texts).Convert(reflect.TypeFor[T]()))
	f.To = to.Interface().(*T)
	return wrong
}

// member is a Field of any type.
type member interface {
	set(value json.RawMessage) (wrong string)
}

// Body is the JSON object of a write: a W, whose members are Fields, in the
// order in which they are told of. A member of R, which is what reads are answered
// with, is ignored where W has no such one: what was read can be sent back.
type Body[W, R any] struct{ data []byte }

// UnmarshalJSON keeps the data, which Read reads: huma would not name all that is
// wrong with it.
func (b *Body[W, R]) UnmarshalJSON(data []byte) error {
	b.data = bytes.Clone(data)
	return nil
}

// Schema is W's, and what is ignored.
func (Body[W, R]) Schema(r huma.Registry) *huma.Schema {
	ref := r.Schema(reflect.TypeFor[W](), true, "")
	s := r.SchemaFromRef(ref.Ref)
	s.AdditionalProperties = false
	for _, name := range ignored[W, R]() {
		s.Properties[name] = &huma.Schema{Description: "Given by the portal: ignored here, whatever it is."}
	}
	for _, property := range s.Properties {
		if property.Nullable && len(property.Enum) > 0 && !slices.Contains(property.Enum, nil) {
			property.Enum = append(property.Enum, nil) // the type alone does not allow it
		}
	}
	return ref
}

// Read returns what the body says. It names all fields that are wrong in one problem,
// beside what invalid, which has the rules of the domain, says of the others.
func (b *Body[W, R]) Read(invalid func(W) []FieldError) (W, error) {
	var body W
	if !bytes.HasPrefix(bytes.TrimLeft(b.data, " \t\r\n"), []byte("{")) {
		return body, Invalid.Problem("The body must be a JSON object with fields.")
	}
	var (
		wrong   []FieldError
		seen    = map[string]bool{}
		members = membersOf(&body)
		passed  = ignored[W, R]()
	)
	err := eachField(b.data, func(name string, value json.RawMessage) {
		message := ""
		field, known := members[name]
		switch {
		case seen[name]: // readers of JSON don't agree which one counts
			message = "This field is there twice."
		case known:
			seen[name] = true
			message = field.set(value)
		case !slices.Contains(passed, name):
			message = "There is no such field. These can be set: " + strings.Join(names(reflect.TypeFor[W]()), ", ") + "."
		}
		if message != "" && len(wrong) < maxErrors {
			wrong = append(wrong, FieldError{Field: Clip(name), Message: message, Value: short(value)})
		}
	})
	if err != nil {
		return body, Malformed.Problem("The body is not valid JSON.")
	}
	if len(wrong) == 0 {
		return body, nil
	}
	for _, f := range invalid(body) {
		if !slices.ContainsFunc(wrong, func(w FieldError) bool { return w.Field == f.Field }) {
			wrong = append(wrong, f)
		}
	}
	return body, InvalidFields(wrong)
}

// membersOf are the fields of a body by their names in JSON.
func membersOf(body any) map[string]member {
	value := reflect.ValueOf(body).Elem()
	members := map[string]member{}
	for i := range value.NumField() {
		members[nameOf(value.Type().Field(i))] = value.Field(i).Addr().Interface().(member)
	}
	return members
}

// ignored are the names of what R has beyond W.
func ignored[W, R any]() []string {
	settable := names(reflect.TypeFor[W]())
	return slices.DeleteFunc(names(reflect.TypeFor[R]()), func(name string) bool { return slices.Contains(settable, name) })
}

// names are those of a struct's members in JSON.
func names(t reflect.Type) (all []string) {
	for i := range t.NumField() {
		all = append(all, nameOf(t.Field(i)))
	}
	return all
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// eachField calls fn with the members of a JSON object, in its order. Names are
// taken exactly: case counts.
func eachField(object []byte, fn func(name string, value json.RawMessage)) error {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		fn(name.(string), value) // within an object, a token before a value is its name
	}
	return nil
}

// parseTexts reads a list of JSON strings, or null as an empty one.
func parseTexts(value json.RawMessage) (texts []string, wrong string) {
	const otherwise = "It must be a list of texts in quotes, or null."

	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return nil, otherwise
	}
	texts = make([]string, len(items))
	for i, item := range items {
		if string(item) == "null" {
			return nil, otherwise
		}
		text, wrong := parseText(item, otherwise)
		if wrong != "" {
			return nil, wrong
		}
		texts[i] = text
	}
	return texts, ""
}

// parseText reads a JSON string, or null as an empty one. Half of a surrogate
// pair, which encoding/json would replace without a word, is refused.
func parseText(value json.RawMessage, otherwise string) (s, wrong string) {
	if json.Unmarshal(value, &s) != nil {
		return "", otherwise
	}
	if at, escape := loneSurrogate(value); at > 0 {
		return "", fmt.Sprintf("Character %d is %s, half of a surrogate pair, which is no character: remove it.", at, escape)
	}
	return s, ""
}

// escapes are what a JSON string is made of: a pair, an escape, or a character.
var escapes = regexp.MustCompile(`(?i)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u[0-9a-f]{4}|(?s:\\?.)`)

// loneSurrogate finds the first escape in a JSON string that is half of a pair,
// and says which character it is, from 1; 0: there is none.
func loneSurrogate(value json.RawMessage) (at int, escape string) {
	if !bytes.Contains(value, []byte(`\u`)) {
		return 0, ""
	}
	for i, part := range escapes.FindAllString(string(bytes.Trim(value, "\"")), -1) {
		if len(part) == len(`\ud800`) && strings.EqualFold(part[:3], `\ud`) && part[3] >= '8' {
			return i + 1, part
		}
	}
	return 0, ""
}

// short is a value as an answer may echo it: not a long one.
func short(value json.RawMessage) any {
	if len(value) > 200 {
		return nil
	}
	return value
}

// Clip is a text as an answer may echo it: not a long one.
func Clip(name string) string {
	if runes := []rune(name); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return name
}
