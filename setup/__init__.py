"""What tutorial.py does before the environment exists. Standard library only."""
