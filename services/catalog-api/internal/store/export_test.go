package store

// Migrate migrates a database up to a version of the schema.
var Migrate = migrate
