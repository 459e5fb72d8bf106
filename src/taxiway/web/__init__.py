"""What every HTTP server here is made of: listening, limits, guard, responses."""
