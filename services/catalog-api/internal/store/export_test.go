package store

// Migrate brings the schema of a database as far as an earlier version had it.
var Migrate = migrate
