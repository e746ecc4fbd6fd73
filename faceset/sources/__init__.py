"""Where labelled faces come from that this project did not render itself."""
