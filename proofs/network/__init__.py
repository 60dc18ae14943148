"""What a switch promises, proved of the very IR that it runs (`monitor.network.forwarding`), and mistakes refuted."""
