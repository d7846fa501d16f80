"""Hand-offs: for each party a folder that stands alone, and the file that carries values back.

Pure: from a plan to texts. Writing them and verifying them is the command line's.
"""
