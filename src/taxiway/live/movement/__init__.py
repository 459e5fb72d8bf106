"""What moves controls by itself: walks, fades, modulators, and the beat that they follow."""
