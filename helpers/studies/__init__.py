"""Many trials on many pools, and what they say together."""
