"""What the Star is made of; `main.py` is its face to AstrBot."""
