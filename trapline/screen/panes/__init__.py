"""What is shown, a file for each pane; `trapline.screen.pane` says what a pane is."""
