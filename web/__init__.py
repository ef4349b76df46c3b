"""HTTP, Socket.IO and the pages: it translates the wire to use cases and decides nothing."""
