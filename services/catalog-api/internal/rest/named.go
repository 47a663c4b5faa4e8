package rest

import (
	"net/url"

	"github.com/danielgtaylor/huma/v2"
)

// Named is a path's parameter {name}: the name of a thing, which may have any characters, also
// a slash, percent-encoded.
type Named struct {
	Name string `path:"name" doc:"The name of the service, percent-encoded; case makes no difference. A former one will do unless another service has it now." example:"billing"`
}

// Resolve decodes the name. The router gives it as it is in the address where that is not the
// usual form of the path, such as where it has an encoded slash.
func (n *Named) Resolve(ctx huma.Context) []error {
	if u := ctx.URL(); u.RawPath != "" {
		if name, err := url.PathUnescape(n.Name); err == nil {
			n.Name = name
		}
	}
	return nil
}

// Moved describes 307, with the header Location.
func Moved(description string) Detail {
	return func(op *Operation, _ huma.Registry) {
		op.Responses["307"] = &huma.Response{Description: description, Headers: map[string]*huma.Param{
			"Location": {Description: "Where it is.", Schema: &huma.Schema{Type: huma.TypeString, Format: "uri-reference"}},
		}}
	}
}
