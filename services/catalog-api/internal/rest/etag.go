package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// gzipMark ends the entity tag of a compressed answer, within its quotes.
const gzipMark = "-gzip"

// Digest is short and different for different bodies.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

// Tag is the entity tag of a thing: its version, which writes are compared by, then
// a digest of all of it, so that what changes beside the version makes a new tag for
// reads.
func Tag(version int64, thing any) string {
	body, err := json.Marshal(thing)
	if err != nil {
		panic(err) // it is to be answered with
	}
	return Quoted(strconv.FormatInt(version, 10) + "." + Digest(body))
}

// Quoted is an entity tag as headers have it.
func Quoted(tag string) string { return `"` + tag + `"` }

// Compressed is the entity tag of the same body as gzip.
func Compressed(tag string) string { return strings.TrimSuffix(tag, `"`) + gzipMark + `"` }

// NotModified says whether If-None-Match has the tag, by weak comparison.
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

// parseTags splits a list of entity tags into what is between their quotes; "*"
// alone stays. A weak tag counts as its strong one: proxies that compress make
// ours weak. It is not ok where the header is not such a list.
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

// versions are those that entity tags begin with. A tag that is not
// one of ours has none.
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
