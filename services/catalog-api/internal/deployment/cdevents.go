package deployment

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// cdType is the type of a CDEvent that tells of a deployment, in any version of it.
var cdType = regexp.MustCompile(`^dev\.cdevents\.service\.(deployed|upgraded|rolledback)\.[0-9]+\.[0-9]+\.[0-9]+(-[0-9a-zA-Z.-]+)?$`)

// Tells reports whether a CloudEvent is a CDEvent that tells of a deployment.
func Tells(e Event) bool { return cdType.MatchString(e.Type) }

// cdEvent is what the portal reads of a CDEvent: CDEvents 0.4, continuous-deployment.md and
// spec.md.
type cdEvent struct {
	Context struct {
		Source    string    `json:"source"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"context"`
	Subject struct {
		ID      string `json:"id"`
		Source  string `json:"source"`
		Content struct {
			Environment struct {
				ID   string `json:"id"`
				Name string `json:"name"` // has precedence; few send it
			} `json:"environment"`
			ArtifactID string `json:"artifactId"` // a package URL
		} `json:"content"`
	} `json:"subject"`

	// CustomData is the sender's own. What it says in these words has precedence.
	CustomData json.RawMessage `json:"customData"`
}

// FromCDEvent reads a CDEvent that Tells of a deployment. names are what its service may be
// called, the likeliest first: an id of the portal, or a name. The draft isn't valid yet. Its
// error is for whoever sent the event.
func FromCDEvent(e Event) (names []string, d Draft, err error) {
	var cd cdEvent
	if err := json.Unmarshal(e.Data, &cd); err != nil {
		return nil, d, fmt.Errorf("the data is no CDEvent: %w", err)
	}
	subject := cd.Subject.ID
	if subject == "" {
		return nil, d, fmt.Errorf("the CDEvent has no subject.id, which is the name or id of the service")
	}
	names = []string{subject}
	if last := subject[strings.LastIndex(subject, "/")+1:]; last != subject && last != "" { // "deployment/billing"
		names = append(names, last)
	}
	own := custom(cd.CustomData)
	d = Draft{
		Action:      events.DeploymentAction(cdType.FindStringSubmatch(e.Type)[1]),
		Version:     cmp.Or(own.Version, versionOf(cd.Subject.Content.ArtifactID)),
		Environment: cmp.Or(cd.Subject.Content.Environment.Name, cd.Subject.Content.Environment.ID),
		URL:         cmp.Or(own.URL, firstLink(cd.Subject.Source, cd.Context.Source, e.Source)),
		By:          cut(cmp.Or(own.By, firstLabel(cd.Context.Source, e.Source)), MaxBy),
		At:          cd.Context.Timestamp,
		Key:         keyOf(e),
	}
	if d.At.IsZero() {
		d.At = e.Time
	}
	return names, d, nil
}

// ownData is what the portal reads of customData.
type ownData struct {
	Version string `json:"version"`
	URL     string `json:"url"`
	By      string `json:"by"`
}

// custom reads customData, which may be anything.
func custom(data json.RawMessage) (own ownData) {
	if json.Unmarshal(data, &own) != nil {
		return ownData{}
	}
	return own
}

// keyOf returns the key of an event. Its source and id together are those of no other event:
// CloudEvents 1.0, section "id".
func keyOf(e Event) string {
	sum := sha256.Sum256([]byte(e.Source + "\x00" + e.ID))
	return "event " + hex.EncodeToString(sum[:])
}

// versionOf returns the version of an artifact: the tag of an image, or else what its package
// URL has as its version. What is no package URL is a version as it is.
func versionOf(artifact string) string {
	purl, err := packageurl.FromString(artifact)
	if err != nil {
		return artifact
	}
	return cmp.Or(purl.Qualifiers.Map()["tag"], purl.Version)
}

// cut returns at most so many characters of a text.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// isLink reports whether a source is a URL that somebody can open.
func isLink(source string) bool {
	u, err := url.Parse(source)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// firstLink returns the first of the sources that is a link, or "".
func firstLink(sources ...string) string {
	if i := slices.IndexFunc(sources, isLink); i >= 0 {
		return sources[i]
	}
	return ""
}

// firstLabel returns the first of the sources that is none, such as "/tekton/deploy", or "".
func firstLabel(sources ...string) string {
	if i := slices.IndexFunc(sources, func(s string) bool { return s != "" && !isLink(s) }); i >= 0 {
		return sources[i]
	}
	return ""
}
