package probe

import (
	"encoding/hex"
	"net/http"
	"net/http/cookiejar"
	"strings"
)

// cookies has the cookies that the answers of one probe have set, for the following
// hops. All of them are of the same host.
type cookies struct{ jar *cookiejar.Jar }

// set stores the cookies of an answer; lines are the values of Set-Cookie.
func (c *cookies) set(from target, lines []string) {
	var cookies []*http.Cookie
	for _, line := range lines {
		if cookie, ok := parseCookie(line); ok {
			cookies = append(cookies, cookie)
		}
	}
	if len(cookies) == 0 {
		return
	}
	if c.jar == nil {
		c.jar, _ = cookiejar.New(nil) // it never fails
	}
	c.jar.SetCookies(from.url(), cookies)
}

// header returns the value of Cookie for a request, or "" if there is none to send.
func (c *cookies) header(to target) string {
	if c.jar == nil {
		return ""
	}
	var pairs []string
	for _, cookie := range c.jar.Cookies(to.url()) {
		name, _ := hex.DecodeString(cookie.Name) // as it was encoded below
		value, _ := hex.DecodeString(cookie.Value)
		pairs = append(pairs, string(name)+"="+string(value))
	}
	return strings.Join(pairs, "; ")
}

// parseCookie parses a Set-Cookie. Browsers send back any name and value unchanged;
// package http accepts only the standard's characters, so name and value are
// encoded in hexadecimal.
func parseCookie(line string) (*http.Cookie, bool) {
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, ok := strings.Cut(pair, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !ok || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return nil, false
	}
	cookie, err := http.ParseSetCookie(hex.EncodeToString([]byte(name)) + "=" + hex.EncodeToString([]byte(value)) + ";" + attributes)
	return cookie, err == nil
}
