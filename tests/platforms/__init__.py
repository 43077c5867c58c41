"""Each platform's own ways: Linux for real, macOS and Windows against stand-ins of their calls."""
