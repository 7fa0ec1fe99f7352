"""Corpora are fetched from a server on loopback: no test asks the Internet."""
