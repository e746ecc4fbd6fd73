"""The report: what the runs say, drawn and written on one page that needs no server."""
