"""`python -m lakehouse_iam`: the command line, where the script is not on the path."""

from lakehouse_iam.cli import main

if __name__ == "__main__":
    main(prog_name="lakehouse-iam")
