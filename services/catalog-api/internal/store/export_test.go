package store

// Migrate migrates a database up to a version of the schema.
var Migrate = migrate

// RollUp makes buckets of the days before over, as if results had come since closeOldPieces.
var RollUp = (*Store).rollUp
