"""Pictures in a row as files: MP4, WebM, GIF, APNG, numbered PNGs; knows no model."""
