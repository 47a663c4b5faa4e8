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

// NameKey returns a key that is equal for names that people can tell apart at most by
// their case. Names are unique by it.
func NameKey(name string) string {
	key := Fold(name)
	if len(key) <= maxNameKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return strings.ToValidUTF8(key[:maxNameKey/2], "") + " " + hex.EncodeToString(sum[:])
}

// Key returns a key that is equal for teams or tags that people cannot tell apart: the
// form NFKC without default-ignorable characters, any run of white space as one space,
// and none around. Case counts.
func Key(text string) string {
	return strings.Join(strings.FieldsFunc(norm.NFKC.String(withoutIgnorable(text)), blank), " ")
}

// Fold returns the Key of text after full case folding, by which "STRASSE" equals
// "straße".
func Fold(text string) string {
	// The result of folding may not be in the form NFKC.
	return norm.NFKC.String(cases.Fold().String(Key(text)))
}

// Words returns the words of a query. Each must be a part of a service's SearchText. A
// query without a visible character has none.
func Words(query string) []string { return strings.Fields(Fold(query)) }

// SearchText returns the text that queries search: name, description, team and tags,
// folded. A separator keeps words from matching across two of them.
func (s Service) SearchText() string {
	parts := append([]string{s.Name, s.Description, s.Team}, s.Tags...)
	for i, part := range parts {
		parts[i] = Fold(part)
	}
	return strings.Join(parts, "\x1f")
}

// withoutIgnorable returns text without its default-ignorable characters.
func withoutIgnorable(text string) string {
	return strings.Map(func(r rune) rune {
		if ignorable(r) {
			return -1
		}
		return r
	}, text)
}

// ignorable reports whether r is a Default_Ignorable_Code_Point, as Unicode derives it
// (DerivedCoreProperties.txt): a character that shows nothing by itself.
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

// annotation reports whether r is a mark of interlinear annotations. They show nothing,
// and are for internal use by programs.
func annotation(r rune) bool { return r >= 0xFFF9 && r <= 0xFFFB }

// blank reports whether r shows as an empty space.
func blank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u2800' || r == '\U0001D159' // of Braille and of music
}

// visible reports whether r is visible by itself, unlike combining marks.
func visible(r rune) bool {
	return !blank(r) && !ignorable(r) && !unicode.IsControl(r) && !unicode.IsMark(r)
}

// Label normalises a name, team or tag: it trims white space, replaces runs of it by one
// space, and removes invisible characters where they have no effect. It leaves illegal
// text as it is, so that Validate can tell where it is wrong.
func Label(text string) string {
	trimmed := strings.TrimSpace(text)
	if !strings.ContainsFunc(trimmed, visible) {
		return trimmed
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(trimmed, forbidden) {
		return text
	}
	if !strings.ContainsFunc(trimmed, shaped) {
		trimmed = withoutIgnorable(trimmed)
	}
	return strings.Join(strings.FieldsFunc(trimmed, unicode.IsSpace), " ")
}

// shaped reports whether an invisible character beside r can have an effect: joiners and
// direction marks do in many scripts, joiners in emoji, and variation selectors choose a
// picture. ASCII and European letters, which come before Hebrew, are not shaped.
func shaped(r rune) bool {
	return (r >= 0x0590 && !ignorable(r) && !blank(r)) || r == '\uFE0F' || r == '\uFE0E'
}

// forbidden reports whether no text may contain r: control characters, characters that
// change the direction of the text around them, and noncharacters.
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

// wrongCharacter returns a message about the first character that is not allowed, with
// its position, or "". If lines, line breaks and tabs are allowed.
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
