"""The machines that Trapline ships, the `catalogue` that finds them by name, and checked descriptions, kept."""
