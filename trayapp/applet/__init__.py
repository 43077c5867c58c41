"""The resident applet: wires every room but the command line together."""
