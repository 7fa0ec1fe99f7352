"""What the project costs in time and memory, beside a peer as the field's demos are written: make bench, make load."""
