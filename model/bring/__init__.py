"""Models that users bring: from a fitted pipeline and sample rows to a bundle."""
