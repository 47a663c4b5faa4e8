// Package apikey has the keys by which programs say who they are: what they look like, the
// rules of their fields, and the ring of those that are valid now. Package store keeps them.
package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"log/slog"
	"regexp"
	"strings"
)

// A secret is the prefix, random characters, and a checksum of both, all of them from
// digits. 32 characters of 62 are 190 bits, which nobody guesses. The checksum tells a
// scanner for secrets that it has found one, and a person that it was copied in part.
const (
	prefix      = "dvp_"
	digits      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	randomness  = 32
	checksum    = 6 // characters; 62^6 is above 2^32
	secretWidth = len(prefix) + randomness + checksum
)

// Refusal is why a secret opens nothing, as a sentence about it.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// The refusals.
const (
	ErrForeign  Refusal = "it is no key of a portal: those begin with " + prefix
	ErrMistyped Refusal = "it is not complete or has a wrong character: its checksum does not fit"
	ErrUnknown  Refusal = "there is no such key: it was revoked, or is of another portal"
	ErrExpired  Refusal = "it has expired"
)

// Secret is the text of a key, which only its holder has. It hides itself where it is
// printed or logged.
type Secret struct{ text string }

// NewSecret returns a random secret.
func NewSecret() Secret {
	var random [randomness]byte
	for i := range random {
		random[i] = digits[digit()]
	}
	body := prefix + string(random[:])
	return Secret{body + checksumOf(body)}
}

// digit returns a random index of digits; each is as likely as another.
func digit() int {
	for {
		var one [1]byte
		_, _ = rand.Read(one[:]) // never fails
		if n := int(one[0] & 63); n < len(digits) {
			return n
		}
	}
}

// checksumOf returns the CRC-32 (IEEE) of a text in digits, the most significant first.
func checksumOf(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	text := make([]byte, checksum)
	for i := range text {
		text[checksum-1-i] = digits[sum%uint32(len(digits))]
		sum /= uint32(len(digits))
	}
	return string(text)
}

// ParseSecret reads a secret. Its errors, ErrForeign and ErrMistyped, don't repeat the text.
func ParseSecret(text string) (Secret, error) {
	switch {
	case !strings.HasPrefix(text, prefix):
		return Secret{}, ErrForeign
	case len(text) != secretWidth || checksumOf(text[:secretWidth-checksum]) != text[secretWidth-checksum:]:
		return Secret{}, ErrMistyped
	}
	return Secret{text}, nil
}

var secrets = regexp.MustCompile(prefix + `[0-9A-Za-z]+`)

// Conceal hides every secret in a text, whole or in part.
func Conceal(text string) string {
	if !strings.Contains(text, prefix) {
		return text
	}
	return secrets.ReplaceAllString(text, Secret{}.String())
}

// Reveal returns the text, for the one who made the key.
func (s Secret) Reveal() string { return s.text }

// String hides the text. It implements fmt.Stringer.
func (s Secret) String() string { return prefix + "…" }

// GoString hides the text from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the text. It implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Hash is what the portal keeps of a secret, and finds it by. One round of SHA-256 is
// enough for a text that nobody can guess.
type Hash [sha256.Size]byte

// Hash returns the hash of s.
func (s Secret) Hash() Hash { return sha256.Sum256([]byte(s.text)) }
