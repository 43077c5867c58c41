"""What icon, menu, tables and commands show, as values."""
