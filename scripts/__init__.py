"""Scripts that make what is committed, and checks beyond the tests."""
