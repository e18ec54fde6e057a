"""Text to vectors and terms, and those to near ids; knows no table and no web."""
