"""DVC stages and the command line: read params, open files, call one function."""
