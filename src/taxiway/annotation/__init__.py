"""Boxes drawn into a folder of pictures: kept whole, by picture, and shared with other programs."""
