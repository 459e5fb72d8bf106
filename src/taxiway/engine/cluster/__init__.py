"""A model as a deployment of Ray Serve: where it is, what speaks to Ray, what runs over there."""
