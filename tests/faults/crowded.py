"""Settings of workers that hold the sockets of a whole scenario."""

# All browsers come from one address, and models that are rebuilt would be another matter's load.
CROWDED = {"max_sockets_per_ip": 100_000, "rebuild_interval_s": 0}
