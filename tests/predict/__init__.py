"""``ser predict`` with a recognizer that hears the same in everything."""
