"""A still picture moved by a film."""
