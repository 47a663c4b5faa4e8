package rest

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Value is a member of a body that is a number, or true or false: absent or a value. null is
// neither.
type Value[T ~float64 | ~bool] struct {
	To *T // the new value: nil if the member is absent
}

// Schema returns the schema of a T.
func (Value[T]) Schema(r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, "") }

func (v *Value[T]) parse(name string, value json.RawMessage) []FieldError {
	v.To = new(T)
	if string(value) != "null" && json.Unmarshal(value, v.To) == nil {
		return nil
	}
	message := "It must be a number."
	if reflect.TypeFor[T]().Kind() == reflect.Bool {
		message = "It must be true or false."
	}
	return []FieldError{{Field: name, Message: message, Value: echo(value)}}
}
