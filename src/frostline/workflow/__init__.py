"""The spine: one short function per verb, in the order of the data."""
