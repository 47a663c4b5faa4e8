package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Object is a member of a body that is an object: absent, null or a T, a struct of texts,
// whole numbers, and lists and structs of these. Messages name the part that is wrong, and
// do not repeat it: it may be a secret.
type Object[T any] struct {
	// To is the new value: nil if the member is absent, and to nil if it is null.
	To **T
}

// Schema returns the schema of a T that may be null.
func (Object[T]) Schema(r huma.Registry) *huma.Schema {
	return OrNull(r.Schema(reflect.TypeFor[T](), true, ""))
}

// OrNull returns the schema of what another describes, or null. It is for references, which
// can't be nullable themselves.
func OrNull(s *huma.Schema) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{s, {Type: "null"}}}
}

func (o *Object[T]) parse(name string, value json.RawMessage) []FieldError {
	o.To = new(*T)
	return decode(name, value, reflect.ValueOf(o.To).Elem())
}

// decode sets a value from JSON, strictly. null leaves it as it is.
func decode(path string, value json.RawMessage, to reflect.Value) []FieldError {
	if string(value) == "null" {
		return nil
	}
	wrong := ""
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return decode(path, value, to.Elem())
	case reflect.Struct:
		return decodeObject(path, value, to)
	case reflect.Slice:
		return decodeList(path, value, to)
	case reflect.Int:
		if json.Unmarshal(value, to.Addr().Interface()) != nil {
			wrong = "It must be a whole number."
		}
	default:
		var text string
		text, wrong = parseText(value, "It must be a string or null.")
		to.SetString(text)
	}
	if wrong != "" {
		return []FieldError{{Field: path, Message: wrong}}
	}
	return nil
}

func decodeList(path string, value json.RawMessage, to reflect.Value) (wrong []FieldError) {
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return []FieldError{{Field: path, Message: "It must be a list."}}
	}
	to.Set(reflect.MakeSlice(to.Type(), len(items), len(items)))
	for i, item := range items {
		wrong = append(wrong, decode(fmt.Sprintf("%s[%d]", path, i), item, to.Index(i))...)
	}
	return wrong
}

func decodeObject(path string, value json.RawMessage, to reflect.Value) (wrong []FieldError) {
	if !bytes.HasPrefix(value, []byte("{")) {
		return []FieldError{{Field: path, Message: "It must be an object."}}
	}
	names, seen := fieldNames(to.Type()), map[string]bool{}
	err := eachMember(value, func(name string, value json.RawMessage) {
		member := path + "." + Clip(name)
		i := slices.Index(names, name)
		switch {
		case seen[name]: // JSON parsers disagree about which one counts
			wrong = append(wrong, FieldError{Field: member, Message: "This field is given twice."})
		case i < 0:
			wrong = append(wrong, FieldError{Field: member, Message: "Unknown field. These can be set: " + strings.Join(names, ", ") + "."})
		default:
			wrong = append(wrong, decode(member, value, to.Field(i))...)
		}
		seen[name] = true
	})
	if err != nil { // it is a part of JSON that could be read
		wrong = append(wrong, FieldError{Field: path, Message: "It must be an object."})
	}
	return wrong
}
