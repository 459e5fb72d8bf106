"""The hub that Runway's plug-ins look for."""
