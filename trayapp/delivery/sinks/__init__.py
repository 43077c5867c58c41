"""The ways on which an alert reaches a person or a program: one file each."""
