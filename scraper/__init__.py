"""A concurrent web scraper: a list of URLs in, exactly one JSONL record for each out."""
