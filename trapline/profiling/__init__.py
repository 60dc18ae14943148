"""Where the steps of a run went: by source line and routine, directly run and emulated apart. Begin with `profile`."""
