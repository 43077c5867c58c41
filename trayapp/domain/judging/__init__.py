"""What is made of what is known: growth, leaks, pressure, incidents and their texts."""
