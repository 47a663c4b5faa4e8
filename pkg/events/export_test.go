package events

import (
	"maps"
	"slices"
)

// Types has every type that Decode knows, so that no test forgets a new one.
var Types = slices.Sorted(maps.Keys(decoders))
