package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// gzipMark is the suffix of a compressed answer's entity tag, inside the quotes.
const gzipMark = "-gzip"

// Digest returns a short digest of the body.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

// Tag returns the entity tag of a thing: its version, by which writes are compared, and a
// digest of all of it, so that reads see changes that leave the version as it is.
func Tag(version int64, thing any) string {
	body, err := json.Marshal(thing)
	if err != nil {
		panic(err) // it is also the answer, so it can be encoded
	}
	return Quoted(strconv.FormatInt(version, 10) + "." + Digest(body))
}

// Quoted returns an entity tag in quotes, as in headers.
func Quoted(tag string) string { return `"` + tag + `"` }

// Compressed returns the entity tag of the same body as gzip.
func Compressed(tag string) string { return strings.TrimSuffix(tag, `"`) + gzipMark + `"` }

// NotModified reports whether If-None-Match has the tag, by weak comparison.
func NotModified(ifNoneMatch, tag string) bool {
	tags, ok := parseTags(ifNoneMatch)
	if !ok {
		return false
	}
	for _, given := range tags {
		if given == "*" || strings.TrimSuffix(given, gzipMark) == strings.Trim(tag, `"`) {
			return true
		}
	}
	return false
}

// parseTags returns the entity tags in a list, without quotes, or "*". It treats weak tags
// as strong, because proxies that compress make ours weak. ok is false if the header is
// not such a list.
func parseTags(header string) (tags []string, ok bool) {
	rest := strings.TrimSpace(header)
	if rest == "*" {
		return []string{"*"}, true
	}
	for rest != "" {
		rest = strings.TrimPrefix(rest, "W/")
		opened, found := strings.CutPrefix(rest, `"`)
		tag, after, closed := strings.Cut(opened, `"`)
		if !found || !closed {
			return nil, false
		}
		tags = append(tags, tag)
		after = strings.TrimLeft(after, " \t")
		rest = strings.TrimLeft(after, ", \t")
		if after != "" && after[0] != ',' {
			return nil, false
		}
	}
	return tags, true
}

// versions returns the versions in entity tags. Tags that are not ours have none.
func versions(tags []string) []int64 {
	var all []int64
	for _, tag := range tags {
		number, _, _ := strings.Cut(tag, ".")
		if v, err := strconv.ParseInt(number, 10, 64); err == nil && v > 0 {
			all = append(all, v)
		}
	}
	return all
}
