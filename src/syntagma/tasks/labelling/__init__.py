"""What the tasks that give rows labels share, whatever the rows are."""
