"""A corpus of model files as people write them: each is bundled, served and compared with its own answers."""
