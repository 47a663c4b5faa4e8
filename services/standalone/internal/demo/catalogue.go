package demo

import (
	"slices"
	"strings"
)

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

	// dragged is played in place of script once a service that it needs, not softly, has answered
	// badly: so trouble spreads as in reality. If empty, the service copes.
	dragged string

	// needs has the names of the examples that this one needs, with commas; softly where a question
	// mark follows.
	needs string

	// version was deployed shortly before; "": nothing was.
	version string
}

// slug returns the example's name in URLs.
func (e example) slug() string { return strings.ReplaceAll(strings.ToLower(e.name), " ", "-") }

// exampleOf returns the example with this slug.
func exampleOf(slug string) (e example, found bool) {
	i := slices.IndexFunc(examples, func(e example) bool { return e.slug() == slug })
	if i < 0 {
		return e, false
	}
	return examples[i], true
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
	{
		Name: "Logistics", Description: "From the order to the doorstep, and back.", ChatURL: "https://chat.example.com/logistics",
		PageURL: "https://pager.example.com/logistics",
	},
	{Name: "Support", Description: "Who answers when a customer asks.", ChatURL: "https://chat.example.com/support", Email: "support@example.com"},
}

// falls is played by the database: within two minutes it is down for three, and then well for seven.
var falls = strings.Repeat(".", 7) + strings.Repeat("!", 18) + strings.Repeat(".", 35)

// examples are the services of a company with a shop. Most are healthy, as in reality; one flaps
// at every probe, so that something changes within seconds. What stays in trouble is needed
// softly at most, so that a fall of the database is the one cause of all that it drags along.
var examples = []example{
	{name: "Payments DB", team: "Payments", description: "Postgres with every payment, and its replicas.", tags: "postgres critical", script: falls, version: "v1.8.2", needs: "Block Storage, Secrets Vault"},
	{name: "Ledger", team: "Payments", description: "Double-entry book of every movement of money.", tags: "rust critical", script: ".", dragged: "!", needs: "Payments DB, Message Broker"},
	{name: "Billing", team: "Payments", description: "Invoices and dunning.", tags: "go critical", script: ".", dragged: "x", needs: "Ledger, Payments DB, Accounts, Mail Relay?"},
	{name: "Payments API", team: "Payments", description: "Takes, holds and captures payments.", tags: "go critical", script: ".", dragged: "x", needs: "Ledger, Permissions, Card Gateway, Fraud Scoring?"},
	{name: "Card Gateway", team: "Payments", description: "The line to the card schemes.", tags: "java pci", script: "..s", needs: "Secrets Vault"},
	{name: "Refunds", team: "Payments", description: "Gives money back.", tags: "go", script: ".", dragged: "x", needs: "Ledger, Payments API, Billing?"},
	{name: "Payouts", team: "Payments", description: "Pays merchants once a day.", tags: "go batch", script: ".", needs: "Ledger, Payments DB, Secrets Vault"},
	{name: "Fraud Scoring", team: "Payments", description: "Scores a payment before it is taken.", tags: "python ml", script: "...xx", needs: "Message Broker, Accounts, Feature Store?"},
	{name: "Checkout", team: "Payments", description: "Takes a basket to a paid order.", tags: "go critical", script: ".", dragged: "x", needs: "Payments API, Billing, Orders, Login, Promotions?"},

	{name: "Login", team: "Identity", description: "Sign-in, passkeys and sessions.", tags: "go critical", script: ".", needs: "Accounts, Permissions, Session Store, Single Sign-On?"},
	{name: "Accounts", team: "Identity", description: "Profiles, preferences and consent.", tags: "go", script: ".", needs: "Identity DB, Permissions"},
	{name: "Permissions", team: "Identity", description: "Answers who may do what.", tags: "rust critical", script: "...", needs: "Identity DB, Accounts"},
	{name: "Identity DB", team: "Identity", description: "Postgres with every account.", tags: "postgres critical", script: ".", needs: "Block Storage, Secrets Vault"},
	{name: "Session Store", team: "Identity", description: "Who is signed in, in memory.", tags: "redis", script: ".", needs: "Service Mesh"},
	{name: "Single Sign-On", team: "Identity", description: "The bridge to customers' own directories.", tags: "java saml", script: "r", needs: "Accounts, Session Store"},
	{name: "Audit Trail", team: "Identity", description: "Who did what, for seven years.", tags: "go", script: ".", needs: "Message Broker, Block Storage"},

	{name: "Search API", team: "Search", description: "Full-text search over the whole shop.", tags: "go elasticsearch", script: "..s", needs: "Search Index, Ranking?, Synonyms?"},
	{name: "Search Index", team: "Search", description: "The index that all searches read.", tags: "elasticsearch critical", script: ".", needs: "Block Storage"},
	{name: "Indexer", team: "Search", description: "Keeps the search index up to date.", tags: "go kafka", script: "....!", needs: "Search Index, Message Broker, Product Catalogue"},
	{name: "Suggestions", team: "Search", description: "Completes what a customer types.", tags: "rust", script: ".", needs: "Search Index, Search API?"},
	{name: "Ranking", team: "Search", description: "Orders results by what people choose.", tags: "python ml", status: "healthy", needs: "Search Index, Feature Store?"},
	{name: "Synonyms", team: "Search", description: "What customers call things.", tags: "cms", script: ".", needs: "Search Index, Artifact Store?"},
	{name: "Product Feed", team: "Search", description: "Products for comparison sites.", tags: "python batch", script: ".", needs: "Product Catalogue, Stock?, Image Resizer?"},

	{name: "Block Storage", team: "Platform", description: "The disks of everything that keeps something.", tags: "storage critical", script: "."},
	{name: "Secrets Vault", team: "Platform", description: "Keys and passwords, and who may read them.", tags: "vault critical", script: ".", needs: "Block Storage"},
	{name: "Message Broker", team: "Platform", description: "NATS JetStream for all teams.", tags: "nats critical", script: ".", needs: "Block Storage"},
	{name: "Service Mesh", team: "Platform", description: "How services find and trust each other.", tags: "envoy critical", script: ".", needs: "Secrets Vault"},
	{name: "API Gateway", team: "Platform", description: "The one door to every public API.", tags: "envoy critical", script: ".", needs: "Service Mesh, Login, Rate Limiter?"},
	{name: "Rate Limiter", team: "Platform", description: "Keeps one customer from crowding out the others.", tags: "go redis", script: ".", needs: "Session Store, Service Mesh"},
	{name: "Build Farm", team: "Platform", description: "Runs every pipeline.", tags: "ci kubernetes", script: ".x", needs: "Secrets Vault, Artifact Store?"},
	{name: "Artifact Store", team: "Platform", description: "Images, packages and their signatures.", tags: "ci storage", status: "degraded", needs: "Block Storage"},
	{name: "Log Store", team: "Platform", description: "A month of everybody's logs.", tags: "loki storage", script: ".", needs: "Block Storage"},
	{name: "Metrics", team: "Platform", description: "Prometheus and its dashboards.", tags: "prometheus", script: ".", needs: "Block Storage"},

	{name: "Storefront", team: "Web", description: "What customers see first.", tags: "typescript critical", script: ".....", dragged: "x", version: "2026.48", needs: "API Gateway, Checkout, Product Catalogue, Search API?, Suggestions?, Image Resizer?, Experiments?"},
	{name: "Orders Page", team: "Web", description: "Where customers follow what they bought.", tags: "typescript", script: ".", needs: "API Gateway, Orders, Tracking?"},
	{name: "Mobile API", team: "Web", description: "What the apps talk to.", tags: "go", script: ".", needs: "API Gateway, Checkout, Orders, Product Catalogue?, Push Messages?"},
	{name: "Product Catalogue", team: "Web", description: "Products, prices and their texts.", tags: "go critical", script: ".", needs: "Catalogue DB, Message Broker, Image Resizer?"},
	{name: "Catalogue DB", team: "Web", description: "Postgres with every product.", tags: "postgres", script: ".", needs: "Block Storage, Secrets Vault"},
	{name: "Promotions", team: "Web", description: "Vouchers, and what is cheaper this week.", tags: "go", script: ".", needs: "Product Catalogue, Experiments?"},
	{name: "Image Resizer", team: "Web", description: "Pictures in every size, on demand.", tags: "go cdn", script: "ss.", needs: "Block Storage"},
	{name: "Newsletter", team: "Web", description: "Sign-ups and weekly mail.", tags: "php legacy", script: "4", version: "v4.2.0", needs: "Accounts, Mail Relay"},

	{name: "Events Lake", team: "Data", description: "Every event, kept for analysis.", tags: "spark storage", script: ".", needs: "Message Broker, Block Storage"},
	{name: "Warehouse", team: "Data", description: "Tables that people ask questions of.", tags: "sql", script: ".", needs: "Events Lake, Block Storage"},
	{name: "Reports", team: "Data", description: "The numbers for Monday morning.", tags: "python sql", script: ".", needs: "Warehouse, Payouts, Mail Relay?"},
	{name: "Revenue Dashboard", team: "Data", description: "What came in today.", tags: "grafana", script: ".", needs: "Reports, Metrics?"},
	{name: "Feature Store", team: "Data", description: "Features for training and serving.", tags: "python ml", url: refused, version: "v0.9.1", needs: "Events Lake, Warehouse"},
	{name: "Experiments", team: "Data", description: "Assigns and evaluates A/B tests.", tags: "go", needs: "Events Lake"},
	{name: "Data Quality", team: "Data", description: "Says which tables not to trust.", tags: "python", script: "...h", needs: "Warehouse"},

	{name: "Orders", team: "Logistics", description: "Each order, from paid to delivered.", tags: "go critical", script: ".", dragged: "x", needs: "Orders DB, Ledger, Stock, Message Broker, Accounts?"},
	{name: "Orders DB", team: "Logistics", description: "Postgres with every order.", tags: "postgres critical", script: ".", needs: "Block Storage, Secrets Vault"},
	{name: "Stock", team: "Logistics", description: "What lies on which shelf.", tags: "rust", script: ".", needs: "Orders DB, Message Broker"},
	{name: "Returns", team: "Logistics", description: "What comes back, and why.", tags: "go", script: ".", needs: "Orders, Refunds, Stock"},
	{name: "Label Printer", team: "Logistics", description: "Labels for every carrier.", tags: "go", script: ".", needs: "Orders, Carrier Connector?"},
	{name: "Carrier Connector", team: "Logistics", description: "Books and follows parcels with carriers.", tags: "java", script: ".", needs: "Message Broker, Secrets Vault"},
	{name: "Tracking", team: "Logistics", description: "Where a parcel is.", tags: "go", script: ".s", needs: "Carrier Connector, Message Broker, Orders?"},

	{name: "Mail Relay", team: "Support", description: "Every mail to a customer.", tags: "postfix", script: ".", needs: "Message Broker, Secrets Vault"},
	{name: "Push Messages", team: "Support", description: "What phones show.", tags: "go", script: ".", needs: "Message Broker, Accounts"},
	{name: "Ticket Desk", team: "Support", description: "Questions, answers and who owes one.", tags: "ruby", script: ".", needs: "Accounts, Mail Relay, Orders?"},
	{name: "Live Chat", team: "Support", description: "A person, now.", tags: "typescript", script: ".", needs: "Login, Session Store, Ticket Desk?"},
	{name: "Help Centre", team: "Support", description: "Articles and contact forms.", tags: "cms", status: "healthy", needs: "Ticket Desk, Search API?"},
}
