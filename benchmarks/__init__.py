"""What the client costs: import, construction, a call, reading a long list; against the floor and against its peers.

`make bench` compares with everything and writes RESULTS.md; `make bench-quick` looks at the goals only. Every number is
a ratio of two things measured in turns in the same run, so that a slow or busy machine slows both.
"""
