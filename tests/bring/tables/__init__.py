"""Tables like the public ones that people train on, drawn at random, so that any number of new rows can be had."""
