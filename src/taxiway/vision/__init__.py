"""What arithmetic does to pictures, nothing learnt: colours, cutting out, faces; knows no model."""
