"""Socket.IO: who is connected, what they may say, and the lists they are sent."""
