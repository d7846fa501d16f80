"""What an admin with a console and no tool of ours reads: `README.md` and `REVIEW.md`, in English and Japanese.

A pattern says who does what and in which order (`parts.PatternRunbook`, which the registry names); the words stand in
`templates/`, a file for each kind of step and language.
"""
