"""The only place that knows a Redis key or command: one method answers one question."""
