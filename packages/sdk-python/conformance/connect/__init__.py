"""A client under test for Connect's own conformance suite."""
