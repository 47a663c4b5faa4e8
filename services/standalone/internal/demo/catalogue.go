package demo

import "strings"

// refused is a health URL at which nothing listens.
const refused = "http://127.0.0.1:1/"

// example is one service of the demo.
type example struct {
	name, team, description, tags string

	// script has the target's answers, a letter for each probe, repeated: see play. If
	// empty, the health URL of the service is not the target's.
	script string

	// url is another health URL; status is a status set by a person.
	url, status string

	// needs has the names of the examples that this one needs, with commas; softly where a question
	// mark follows.
	needs string

	// version was deployed shortly before; "": nothing was.
	version string
}

// slug returns the example's name in URLs.
func (e example) slug() string { return strings.ReplaceAll(strings.ToLower(e.name), " ", "-") }

// scriptOf returns the script of the example with this slug, or "".
func scriptOf(slug string) string {
	for _, e := range examples {
		if e.slug() == slug {
			return e.script
		}
	}
	return ""
}

// team is one of the demo's, in the form of the API.
type team struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	ChatURL     string `json:"chat_url,omitempty"`
	Email       string `json:"email,omitempty"`
	PageURL     string `json:"page_url,omitempty"`
	DocsURL     string `json:"docs_url,omitempty"`
	OnCall      *plan  `json:"on_call,omitempty"` // see plans
}

// teams are those of the examples. Some can be reached in fewer ways, as in reality.
var teams = []team{
	{
		"Payments", "Takes money in, pays money out, and keeps the books of both.", "https://chat.example.com/payments",
		"payments@example.com", "https://pager.example.com/payments", "https://handbook.example.com/payments", nil,
	},
	{
		"Identity", "Who somebody is, and what they may do.", "https://chat.example.com/identity",
		"identity@example.com", "https://pager.example.com/identity", "", nil,
	},
	{"Search", "Finds what customers look for.", "https://chat.example.com/search", "", "", "https://handbook.example.com/search", nil},
	{
		"Platform", "What all others build and run on.", "https://chat.example.com/platform",
		"platform@example.com", "https://pager.example.com/platform", "https://handbook.example.com/platform", nil,
	},
	{Name: "Web", Description: "What customers see.", ChatURL: "https://chat.example.com/web"},
	{Name: "Data", Description: "Numbers, models and experiments.", Email: "data@example.com"},
}

// examples are four services for each of six teams. Most are healthy, as in reality; one
// flaps at every probe, so that something changes within seconds.
var examples = []example{
	{name: "Checkout", team: "Payments", description: "Takes a basket to a paid order.", tags: "go critical", script: "x.", version: "v1.8.2", needs: "Billing, Fraud Scoring?, Login, Ledger"},
	{name: "Billing", team: "Payments", description: "Invoices, dunning and refunds.", tags: "go critical", script: ".", needs: "Ledger, Message Broker?, Accounts"},
	{name: "Ledger", team: "Payments", description: "Double-entry book of every movement of money.", tags: "rust postgres critical", script: "....s", needs: "Message Broker"},
	{name: "Fraud Scoring", team: "Payments", description: "Scores a payment before it is taken.", tags: "python ml", script: "...xx", needs: "Feature Store, Accounts?"},

	{name: "Login", team: "Identity", description: "Sign-in, passkeys and sessions.", tags: "go critical", script: ".", needs: "Accounts, Permissions, Single Sign-On?"},
	{name: "Accounts", team: "Identity", description: "Profiles, preferences and consent.", tags: "go postgres", script: ".", needs: "Permissions, Message Broker?"},
	{name: "Permissions", team: "Identity", description: "Answers who may do what.", tags: "rust critical", script: "...", needs: "Accounts"},
	{name: "Single Sign-On", team: "Identity", description: "The bridge to customers' own directories.", tags: "java saml", script: "r"},

	{name: "Search API", team: "Search", description: "Full-text search over the whole shop.", tags: "go elasticsearch", script: "..s", needs: "Ranking?, Indexer?, API Gateway"},
	{name: "Indexer", team: "Search", description: "Keeps the search index up to date.", tags: "go kafka", script: "....!", needs: "Message Broker"},
	{name: "Suggestions", team: "Search", description: "Completes what a customer types.", tags: "rust", needs: "Search API"},
	{name: "Ranking", team: "Search", description: "Orders results by what people choose.", tags: "python ml", status: "healthy", needs: "Feature Store"},

	{name: "API Gateway", team: "Platform", description: "The one door to every public API.", tags: "envoy critical", script: ".", needs: "Login"},
	{name: "Message Broker", team: "Platform", description: "NATS JetStream for all teams.", tags: "nats critical", script: "."},
	{name: "Build Farm", team: "Platform", description: "Runs every pipeline.", tags: "ci kubernetes", script: ".x", needs: "Artifact Store"},
	{name: "Artifact Store", team: "Platform", description: "Images, packages and their signatures.", tags: "ci storage", status: "degraded"},

	{name: "Storefront", team: "Web", description: "What customers see first.", tags: "typescript critical", script: ".....", version: "2026.48", needs: "API Gateway, Checkout, Search API?, Suggestions?, Image Resizer?, Experiments?"},
	{name: "Image Resizer", team: "Web", description: "Pictures in every size, on demand.", tags: "go cdn", script: "ss."},
	{name: "Newsletter", team: "Web", description: "Sign-ups and weekly mail.", tags: "php legacy", script: "4", version: "v4.2.0", needs: "Accounts, Message Broker?"},
	{name: "Help Centre", team: "Web", description: "Articles and contact forms.", tags: "cms", status: "healthy"},

	{name: "Events Lake", team: "Data", description: "Every event, kept for analysis.", tags: "spark storage", script: ".", needs: "Message Broker"},
	{name: "Reports", team: "Data", description: "The numbers for Monday morning.", tags: "python sql", script: "...h", needs: "Events Lake, Ledger?"},
	{name: "Feature Store", team: "Data", description: "Features for training and serving.", tags: "python ml", url: refused, version: "v0.9.1", needs: "Events Lake"},
	{name: "Experiments", team: "Data", description: "Assigns and evaluates A/B tests.", tags: "go"},
}
