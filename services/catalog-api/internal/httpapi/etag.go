package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
)

// gzipMark ends the entity tag of a compressed answer, within its quotes.
const gzipMark = "-gzip"

// digest is short and different for different bodies.
func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:12])
}

// serviceTag is the version, which writes are compared by, then a digest of all
// of the service, so that a new probe makes a new tag for reads.
func serviceTag(s service) string {
	body, _ := json.Marshal(s) // strings, numbers and times: it can't fail
	return `"` + strconv.FormatInt(s.Version, 10) + "." + digest(body) + `"`
}

// notModified says whether If-None-Match has the tag, by weak comparison.
func notModified(ifNoneMatch, tag string) bool {
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

// versions are those that entity tags of services begin with. A tag that is not
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
