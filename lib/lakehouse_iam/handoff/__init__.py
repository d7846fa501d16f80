"""What each admin is given: a folder that stands alone, in their own language."""
