"""What arithmetic does to pictures, nothing learnt: colours, cutting out; knows no model."""
