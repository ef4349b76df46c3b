"""What travels over HTTP and Socket.IO: strict models in, documented models out."""
