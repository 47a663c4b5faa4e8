package probe

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	whatwg "github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/idna"
)

// target is where a request goes, normalized as browsers do.
type target struct {
	secure    bool
	host      string // an ASCII name, perhaps with the root's dot, or an address, perhaps with a zone
	port      string
	authority string // the value of Host: without the root's dot, a zone, and the scheme's own port
	path      string // and query, percent-encoded; it begins with a slash
}

// HostPort returns the host and port that a probe of rawURL goes to, the same for all
// spellings of a host: "example.com:443", "[::1]:8080". It reads the host of another scheme
// as that of an http URL. If rawURL is not a valid URL, it is returned unchanged.
func HostPort(rawURL string) string {
	scheme, rest, _ := strings.Cut(rawURL, "://")
	if !strings.EqualFold(scheme, "https") {
		scheme = "http"
	}
	to, err := parse(scheme + "://" + rest)
	if err != nil {
		return rawURL
	}
	return net.JoinHostPort(to.name(), to.port)
}

// name returns the normalized host, for comparing and for verifying certificates.
func (t target) name() string {
	if addr, err := netip.ParseAddr(t.host); err == nil {
		return addr.WithZone("").Unmap().String()
	}
	return strings.TrimSuffix(t.host, ".")
}

func (t target) scheme() string {
	if t.secure {
		return "https"
	}
	return "http"
}

func (t target) url() *url.URL {
	path, _, _ := strings.Cut(t.path, "?")
	return &url.URL{Scheme: t.scheme(), Host: t.authority, Path: path}
}

// parser follows the browsers' URL standard. It would reject an underscore in an
// international name, so it accepts any host; fromURL checks the name instead.
var parser = whatwg.NewParser(whatwg.WithPreParseHostFunc(toASCII), whatwg.WithLaxHostParsing())

// names converts names for look-up as browsers do: it accepts all that a resolver
// may know, including underscores.
var names = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false),
	idna.StrictDomainName(false), idna.CheckHyphens(false))

func toASCII(_ *whatwg.Url, host string) string {
	decoded, err := url.PathUnescape(host)
	if err != nil || strings.HasPrefix(host, "[") {
		return host
	}
	ascii, err := names.ToASCII(decoded)
	if err != nil {
		return host // the parser reports the error
	}
	return ascii
}

// parse reads an http or https URL.
func parse(raw string) (target, error) {
	if t, ok := parsePlain(raw); ok {
		return t, nil
	}
	raw, zone := cutZone(raw)
	u, err := parser.Parse(raw)
	if err != nil {
		return target{}, fmt.Errorf("%w: %w", errNoHost, err)
	}
	t, err := fromURL(u)
	if zone != "" {
		t.host += "%" + zone
	}
	return t, err
}

// resolve reads a Location, which may be relative to t.
func (t target) resolve(location string) (target, error) {
	if !utf8.ValidString(location) { // keep the bytes of other encodings, percent-encoded
		var b strings.Builder
		for _, c := range []byte(location) {
			if c < utf8.RuneSelf {
				b.WriteByte(c)
			} else {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		location = b.String()
	}
	u, err := parser.ParseRef(t.scheme()+"://"+t.authority+t.path, location)
	if err != nil {
		return target{}, err
	}
	to, err := fromURL(u)
	if err == nil && to.name() == t.name() {
		to.host = t.host // with its zone
	}
	return to, err
}

func fromURL(u *whatwg.Url) (target, error) {
	t := target{secure: u.Scheme() == "https"}
	if t.scheme() != u.Scheme() {
		return target{}, fmt.Errorf("%w: the scheme is %q", errNoHost, u.Scheme())
	}
	t.host = strings.Trim(u.Hostname(), "[]")
	if t.host == "" || !only(t.host, "-_.~!$&'()*+,;=:") {
		return target{}, fmt.Errorf("%w: %q", errNoHost, t.host)
	}
	_, rest, _ := strings.Cut(u.Href(true), "://")
	t.path = rest[strings.IndexByte(rest, '/'):] // Search would drop the "?" of an empty query
	t.authority, t.port = strings.TrimSuffix(u.Hostname(), "."), u.Port()
	if t.port != "" {
		t.authority += ":" + t.port
	} else {
		t.port = defaultPort(t.secure)
	}
	return t, nil
}

func defaultPort(secure bool) string {
	if secure {
		return "443"
	}
	return "80"
}

// cutZone cuts the zone from a URL with a link-local IPv6 address. Browsers, and so
// the parser, don't support zones.
func cutZone(raw string) (without, zone string) {
	before, after, ok := strings.Cut(raw, "%25")
	zone, rest, closed := strings.Cut(after, "]")
	if !ok || !closed || strings.ContainsAny(zone, "/?#") || strings.Count(before, "/") != 2 {
		return raw, ""
	}
	return before + "]" + rest, zone
}

// parsePlain parses a URL that is normalized already, as nearly all are, at a fraction
// of the parser's cost. It returns false if the parser is needed.
func parsePlain(raw string) (target, bool) {
	rest, secure := strings.CutPrefix(raw, "https://")
	if !secure {
		var ok bool
		if rest, ok = strings.CutPrefix(raw, "http://"); !ok {
			return target{}, false
		}
	}
	authority, path := rest, "/"
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	host, port, ported := strings.Cut(authority, ":")
	if !plainHost(host) || !only(path, "-_~!$&()*+,;=:@/?.") || strings.Contains(path, "/.") {
		return target{}, false
	}
	t := target{secure: secure, host: host, port: port, authority: authority, path: path}
	if !ported {
		t.port = defaultPort(secure)
		return t, true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return t, err == nil && port == strconv.FormatUint(n, 10) && port != defaultPort(secure)
}

// plainHost reports whether host is a lower-case ASCII name, or an IPv4 address in
// its usual form.
func plainHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Is4()
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && last[0] >= 'a' && last[0] <= 'z' && // else it could be a number
		only(host, "-_.") && !strings.Contains(host, "xn--") && strings.ToLower(host) == host
}

// only reports whether text consists of ASCII letters, digits, and characters of
// marks.
func only(text, marks string) bool {
	for _, c := range []byte(text) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte(marks, c) < 0 {
			return false
		}
	}
	return true
}
