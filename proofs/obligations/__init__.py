"""What must be shown of the monitor itself: the `statements`, how each is decided, and the same on random numbers."""
