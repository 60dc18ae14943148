"""What `trapline demo` shows, act by act: begin with `acts`."""
