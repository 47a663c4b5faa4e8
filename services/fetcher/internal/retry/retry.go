// Package retry reads from an answer when its server wants to be asked again.
package retry

import (
	"net/http"
	"strconv"
	"time"
)

// Most is how long a server can make us wait.
const Most = time.Hour

// After returns how long to wait, and whether the server said so (RFC 9110, section 10.2.3).
// A date is not taken: hardly any sends one.
func After(header http.Header) (time.Duration, bool) {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0, false
	}
	return min(time.Duration(min(seconds, int(Most/time.Second)))*time.Second, Most), true
}
