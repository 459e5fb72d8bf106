"""GPT-2: text that goes on, from the model that ships, one's own or the hub's."""
