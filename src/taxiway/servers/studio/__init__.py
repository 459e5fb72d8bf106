"""What the studio's page talks to."""
