"""Settings of workers that hold the sockets of a whole scenario."""

# All browsers come from one address; learning, rebuilding and the acts of others are other matters' load.
CROWDED = {
    "max_sockets_per_ip": 100_000,
    "learn_rate": 0,
    "rebuild_interval_s": 0,
    "refresh_interval_s": 60,
}
