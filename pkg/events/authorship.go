package events

// Actor is who changed something.
type Actor struct {
	// Kind is "anonymous", "person", "key" (a program with an API key) or "system" (the
	// portal itself). Later versions may have more.
	Kind string `json:"kind"`

	ID   string `json:"id,omitzero"`   // of the person or key; absent: anonymous
	Name string `json:"name,omitzero"` // for people, as it was at that time
}

// Authorship is what an event says of the change that caused it. It is absent in events of
// earlier versions, and in those that are published again after a loss of the stream.
type Authorship struct {
	Actor   *Actor   `json:"actor,omitzero"`
	Changed []string `json:"changed,omitzero"` // the names of the fields that changed
}
