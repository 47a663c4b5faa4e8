package rest

import (
	"net/http"

	"github.com/google/uuid"
)

// Versioned is the answer with one thing, and with what a client needs to change it
// safely.
type Versioned[T any] struct {
	Status   int
	ETag     string `header:"ETag" doc:"The version, and a digest of all of it. Send it back in If-Match to change only what you have seen."`
	Location string `header:"Location" hidden:"true"`

	// KnownFrom is the header of an answer about the past: from when on every change is known.
	KnownFrom string `header:"Known-From" hidden:"true"`

	Body T
}

// NewVersioned returns the answer with a thing of this version.
func NewVersioned[T any](version int64, thing T) *Versioned[T] {
	return &Versioned[T]{Status: http.StatusOK, ETag: Tag(version, thing), Body: thing}
}

// At makes the answer that of an addition, which is found at the path from now on.
func (v *Versioned[T]) At(path string) *Versioned[T] {
	v.Status, v.Location = http.StatusCreated, path
	return v
}

// MovedTo makes the answer 307: the thing is at the path.
func (v *Versioned[T]) MovedTo(path string) *Versioned[T] {
	v.Status, v.Location = http.StatusTemporaryRedirect, path
	return v
}

// Unless makes the answer 304 if ifNoneMatch has its ETag.
func (v *Versioned[T]) Unless(ifNoneMatch string) *Versioned[T] {
	if NotModified(ifNoneMatch, v.ETag) {
		v.Status = http.StatusNotModified
	}
	return v
}

// ID returns the id in a path in its canonical spelling, and whether it is a UUID.
func ID(pathID string) (id string, ok bool) {
	parsed, err := uuid.Parse(pathID)
	return parsed.String(), err == nil && len(pathID) == len(parsed.String())
}
