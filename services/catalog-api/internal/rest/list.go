package rest

import (
	"encoding/json"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
)

// List is a member of a body that is a list of objects: absent, null or a list. W is a struct
// of Fields. R is an object of the list as answers have it; what only R has is ignored, as in Body.
type List[W, R any] struct {
	// To is the new value of the list: nil if it is absent, and empty if it is null.
	To *[]W
}

// Schema returns the schema of a list of W that may be null.
func (List[W, R]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: objectSchema[W, R](r), Nullable: true}
}

func (l *List[W, R]) parse(name string, value json.RawMessage) (wrong []FieldError) {
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return []FieldError{{Field: name, Message: "It must be a list of objects, or null.", Value: echo(value)}}
	}
	list := make([]W, len(items))
	l.To = &list
	for i, item := range items {
		path := fmt.Sprintf("%s[%d]", name, i)
		if !isObject(item) {
			wrong = append(wrong, FieldError{Field: path, Message: "It must be an object.", Value: echo(item)})
			continue
		}
		members, err := parseMembers[W, R](path+".", item, &list[i])
		if err != nil { // it is a part of JSON that could be read
			members = append(members, FieldError{Field: path, Message: "It must be an object."})
		}
		wrong = append(wrong, members...)
	}
	return wrong
}
