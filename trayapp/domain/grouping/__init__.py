"""Which processes belong together: targets, applications, containers and their limits."""
