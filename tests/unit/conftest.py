"""Puts this folder on the import path, so that tests in its subfolders share `setup_texts`."""
