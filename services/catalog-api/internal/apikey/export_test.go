package apikey

import "context"

// Valid returns a context that ends when the key is no longer good.
func (h *Held) Valid() context.Context { return h.valid }
