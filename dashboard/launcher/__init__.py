"""Starting and stopping the whole: options, checks before the start, processes, what the demo data are."""
