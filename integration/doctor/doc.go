// Package doctor tests `dev-portal doctor` on portals that are broken in earnest:
// each fault is brought about, and must get an answer of its own.
package doctor
