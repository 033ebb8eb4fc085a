// Package duckdbtest runs the SQL that package export writes for Athena and CloudTrail Lake on a real SQL engine, DuckDB, and
// compares what it finds with what the rules themselves find, record by record. It is a module of its own, so that nothing
// else depends on the engine.
//
// Trino's functions that DuckDB has under another name, or not at all, are put in its place by a shim, whose own tests
// hold each function to what Trino's documentation says of it.
package duckdbtest
