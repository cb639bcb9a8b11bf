"""Fixtures for every test: each module of tests/fixtures provides one real part."""

pytest_plugins = [
    "tests.fixtures.asterisk",
    "tests.fixtures.practice",
    "tests.fixtures.speech",
    "tests.fixtures.book",
    "tests.fixtures.final",
    "tests.fixtures.tls",
]
