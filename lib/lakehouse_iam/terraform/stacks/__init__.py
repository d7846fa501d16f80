"""The stacks of setups: one stack, that is one state and one apply, for each setup; one file for each pattern."""
