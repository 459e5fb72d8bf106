"""What a message can do to a live session, whichever protocol it came by: actions and addresses."""
