"""What a person would see and click, on a real virtual desktop."""
