"""Reading documents that people upload: what they are, and their text, in a process of its own."""
