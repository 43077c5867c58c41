"""The dashboard: pages, REST, live updates and metrics, served by a child process that ends."""
