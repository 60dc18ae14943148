"""Results for people and for programs: one module for each kind."""
