package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxNameKey bounds a name's key in bytes: the index on it takes 2,704 at most,
// and a single character can stand for eighteen.
const maxNameKey = 1024

// NameKey is equal for names that a person cannot tell apart, or only by their
// case: names are unique by it.
func NameKey(name string) string {
	key := Fold(name)
	if len(key) <= maxNameKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return strings.ToValidUTF8(key[:maxNameKey/2], "") + " " + hex.EncodeToString(sum[:])
}

// Key is equal for teams and for tags that a person cannot tell apart: the form
// NFKC, without default-ignorable characters, any run of white space as one
// space, and none around. Case counts.
func Key(text string) string {
	return strings.Join(strings.FieldsFunc(norm.NFKC.String(seen(text)), blank), " ")
}

// Fold is Key where case doesn't matter either: by full case folding, so that
// "STRASSE" is "straße".
func Fold(text string) string {
	// Folding can make what NFKC composes.
	return norm.NFKC.String(cases.Fold().String(Key(text)))
}

// Words are what a query looks for: each is to be a part of a service's
// SearchText. A query without a visible character has none.
func Words(query string) []string { return strings.Fields(Fold(query)) }

// SearchText is what words are looked for in: name, description, team and tags,
// folded. The separator keeps a word from matching across two of them.
func (s Service) SearchText() string {
	parts := append([]string{s.Name, s.Description, s.Team}, s.Tags...)
	for i, part := range parts {
		parts[i] = Fold(part)
	}
	return strings.Join(parts, "\x1f")
}

// seen is text without its default-ignorable characters.
func seen(text string) string {
	return strings.Map(func(r rune) rune {
		if ignorable(r) {
			return -1
		}
		return r
	}, text)
}

// ignorable is true for Default_Ignorable_Code_Point, as Unicode derives it
// (DerivedCoreProperties.txt): what shows nothing of its own.
func ignorable(r rune) bool {
	if r < 0x80 {
		return false
	}
	if unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
		return true
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) &&
		!annotation(r) && (r < 0x13430 || r > 0x13440) // Egyptian signs, which show how others are placed
}

// annotation is true for the marks around interlinear annotations, which show
// nothing, and are for the inside of programs.
func annotation(r rune) bool { return r >= 0xFFF9 && r <= 0xFFFB }

// blank is true for what shows as an empty place.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u2800' || r == '\U0001D159' // of Braille and of music
}

// visible is true for what can be seen without a neighbour that carries it.
func visible(r rune) bool {
	return !blank(r) && !ignorable(r) && !unicode.IsControl(r) && !unicode.IsMark(r)
}

// label is a name, team or tag as it is kept: without white space around it, one
// space for a run of it, and without invisible characters where they can do
// nothing. What is not legal stays as it was given, for Validate to tell where.
func label(text string) string {
	trimmed := strings.TrimSpace(text)
	if !strings.ContainsFunc(trimmed, visible) {
		return trimmed
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(trimmed, forbidden) {
		return text
	}
	if !strings.ContainsFunc(trimmed, shaped) {
		trimmed = seen(trimmed)
	}
	return strings.Join(strings.FieldsFunc(trimmed, unicode.IsSpace), " ")
}

// shaped is true for characters beside which an invisible one can matter: joiners
// and marks of direction do in many scripts, joiners in emoji, and selectors
// choose a picture. European letters and ASCII, which come before Hebrew, are not
// shaped.
func shaped(r rune) bool {
	return (r >= 0x0590 && !ignorable(r) && !blank(r)) || r == '\uFE0F' || r == '\uFE0E'
}

// forbidden is true for what no text may have: controls, what changes the
// direction of the text around it, and code points that are no characters.
func forbidden(r rune) bool { return unicode.IsControl(r) || whyForbidden(r) != "" }

func whyForbidden(r rune) string {
	switch {
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return "it changes the direction of what stands beside it"
	case r >= 0xFDD0 && r <= 0xFDEF, r&0xFFFE == 0xFFFE:
		return "it is no character"
	case annotation(r):
		return "it is for the inside of programs"
	}
	return ""
}

// wrongCharacter says which character of a text is not allowed and where, or is
// empty. Lines are allowed in a text of several.
func wrongCharacter(text string, lines bool) string {
	rest := strings.TrimLeftFunc(text, unicode.IsSpace)
	at := utf8.RuneCountInString(text[:len(text)-len(rest)])
	for i, r := range strings.TrimSpace(rest) {
		at++
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(rest[i:], string(utf8.RuneError)):
			return fmt.Sprintf("Character %d is not UTF-8: remove it.", at)
		case lines && (r == '\n' || r == '\t' || r == '\r'):
		case unicode.IsControl(r):
			return fmt.Sprintf("Character %d is U+%04X, a control character: remove it.", at, r)
		case forbidden(r):
			return fmt.Sprintf("Character %d is U+%04X, which is not allowed because %s: remove it.", at, r, whyForbidden(r))
		}
	}
	return ""
}
