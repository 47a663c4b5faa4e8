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

// maxErrors bounds the invalid fields that one answer names.
const maxErrors = 50

// Field is a member of a body that a client may set: absent, null or a value.
type Field[T ~string | ~[]string] struct {
	// To is the new value of the field: nil if the field is absent, and empty if it is null.
	To *T
}

// Schema returns the schema of a T that may be null.
func (Field[T]) Schema(r huma.Registry) *huma.Schema {
	s := r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return s
}

func (f *Field[T]) parse(name string, value json.RawMessage) []FieldError {
	f.To = new(T)
	to := reflect.ValueOf(f.To).Elem()
	wrong := ""
	if to.Kind() == reflect.String {
		var text string
		text, wrong = parseText(value, "It must be a string or null.")
		to.SetString(text)
	} else {
		var texts []string
		texts, wrong = parseTexts(value)
		to.Set(reflect.ValueOf(texts).Convert(to.Type()))
	}
	if wrong != "" {
		return []FieldError{{Field: name, Message: wrong, Value: echo(value)}}
	}
	return nil
}

// parser is a *Field, an *Object or a *List of any type.
type parser interface {
	// parse sets the member of this name from a JSON value, or returns what is wrong with it.
	parse(name string, value json.RawMessage) []FieldError
}

// Body is the JSON object of a write. W is a struct of Fields, Objects and Lists, in the order in which
// messages list them. R is the answer to reads. Body ignores the members that only R
// has, so that clients can send back what they read.
type Body[W, R any] struct{ data []byte }

// UnmarshalJSON keeps the data for Read, because huma would not report all errors.
func (b *Body[W, R]) UnmarshalJSON(data []byte) error {
	b.data = bytes.Clone(data)
	return nil
}

// Schema returns the schema of W, with the ignored members of R.
func (Body[W, R]) Schema(r huma.Registry) *huma.Schema {
	return objectSchema[W, R](r)
}

// objectSchema returns the schema of W, with the ignored members of R.
func objectSchema[W, R any](r huma.Registry) *huma.Schema {
	ref := r.Schema(reflect.TypeFor[W](), true, "")
	s := r.SchemaFromRef(ref.Ref)
	s.AdditionalProperties = false
	for _, name := range readOnlyFields[W, R]() {
		s.Properties[name] = &huma.Schema{Description: "Set by the portal; ignored in requests."}
	}
	for _, property := range s.Properties {
		if property.Nullable && len(property.Enum) > 0 && !slices.Contains(property.Enum, nil) {
			property.Enum = append(property.Enum, nil) // the type alone does not allow it
		}
	}
	return ref
}

// Read parses the body. Its error is one problem with all invalid fields: those that
// cannot be parsed, and of the others those that invalid returns by the domain's rules.
func (b *Body[W, R]) Read(invalid func(W) []FieldError) (W, error) {
	var body W
	if !isObject(b.data) {
		return body, Invalid.Problem("The body must be a JSON object.")
	}
	wrong, err := parseMembers[W, R]("", b.data, &body)
	if err != nil {
		return body, Malformed.Problem("The body is not valid JSON.")
	}
	if len(wrong) == 0 {
		return body, nil
	}
	for _, f := range invalid(body) {
		if !slices.ContainsFunc(wrong, func(w FieldError) bool { return within(w.Field, f.Field) }) {
			wrong = append(wrong, f)
		}
	}
	return body, InvalidFields(wrong)
}

// parseMembers sets the fields of a W from the members of a JSON object, and returns what is
// wrong with them, of which it names maxErrors. It ignores the members that only R has. path precedes their names.
func parseMembers[W, R any](path string, object []byte, to *W) (wrong []FieldError, err error) {
	var (
		seen     = map[string]bool{}
		parsers  = parsersOf(to)
		readOnly = readOnlyFields[W, R]()
	)
	err = eachMember(object, func(name string, value json.RawMessage) {
		message := ""
		field, known := parsers[name]
		switch {
		case seen[name]: // JSON parsers disagree about which one counts
			message = "This field is given twice."
		case known:
			seen[name] = true
			wrong = append(wrong, field.parse(path+name, value)...)
		case !slices.Contains(readOnly, name):
			message = "Unknown field. These can be set: " + strings.Join(fieldNames(reflect.TypeFor[W]()), ", ") + "."
		}
		if message != "" && len(wrong) < maxErrors {
			wrong = append(wrong, FieldError{Field: path + Clip(name), Message: message, Value: echo(value)})
		}
	})
	return wrong, err
}

func isObject(value json.RawMessage) bool {
	return bytes.HasPrefix(bytes.TrimLeft(value, " \t\r\n"), []byte("{"))
}

// within reports whether a field is this one or a part of it.
func within(field, part string) bool {
	rest, begins := strings.CutPrefix(part, field)
	return begins && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// parsersOf returns the fields of a body by their JSON names.
func parsersOf(body any) map[string]parser {
	value := reflect.ValueOf(body).Elem()
	parsers := map[string]parser{}
	for _, f := range fieldsOf(value.Type()) {
		parsers[fieldName(f)] = value.FieldByIndex(f.Index).Addr().Interface().(parser)
	}
	return parsers
}

// readOnlyFields returns the JSON names of the members that R has and W has not.
func readOnlyFields[W, R any]() []string {
	writable := fieldNames(reflect.TypeFor[W]())
	return slices.DeleteFunc(fieldNames(reflect.TypeFor[R]()), func(name string) bool { return slices.Contains(writable, name) })
}

// fieldNames returns the JSON names of a struct's fields.
func fieldNames(t reflect.Type) (all []string) {
	for _, f := range fieldsOf(t) {
		all = append(all, fieldName(f))
	}
	return all
}

// fieldsOf returns the fields of a struct, also those of structs that it embeds.
func fieldsOf(t reflect.Type) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool { return f.Anonymous })
}

func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// eachMember calls fn with the members of a JSON object, in its order. The case of names
// counts, other than in encoding/json.
func eachMember(object []byte, fn func(name string, value json.RawMessage)) error {
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
		fn(name.(string), value) // in an object, the token before a value is its name
	}
	return nil
}

// parseTexts parses a list of JSON strings. null is an empty list.
func parseTexts(value json.RawMessage) (texts []string, wrong string) {
	const typeMessage = "It must be a list of strings, or null."

	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return nil, typeMessage
	}
	texts = make([]string, len(items))
	for i, item := range items {
		if string(item) == "null" {
			return nil, typeMessage
		}
		text, wrong := parseText(item, typeMessage)
		if wrong != "" {
			return nil, wrong
		}
		texts[i] = text
	}
	return texts, ""
}

// parseText parses a JSON string. null is an empty one. It refuses half of a surrogate
// pair, which encoding/json would silently replace. typeMessage is what it returns for a
// value of another type.
func parseText(value json.RawMessage, typeMessage string) (s, wrong string) {
	if json.Unmarshal(value, &s) != nil {
		return "", typeMessage
	}
	if at, escape := loneSurrogate(value); at > 0 {
		return "", fmt.Sprintf("Character %d is %s, half of a surrogate pair: remove it.", at, escape)
	}
	return s, ""
}

// escapes matches the parts of a JSON string: a surrogate pair, an escape, or a character.
var escapes = regexp.MustCompile(`(?i)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u[0-9a-f]{4}|(?s:\\?.)`)

// loneSurrogate finds the first escape in a JSON string that is half of a pair. at is the
// number of the character, from 1; 0: there is none.
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

// echo returns a value that an answer can repeat, or nil if it is too long for that.
func echo(value json.RawMessage) any {
	if len(value) > 200 {
		return nil
	}
	return value
}

// Clip shortens a text that an answer repeats.
func Clip(name string) string {
	if runes := []rune(name); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return name
}
