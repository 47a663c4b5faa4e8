// Package doctor tests `dev-portal doctor` on portals with real faults: each fault must
// get its own finding.
package doctor
