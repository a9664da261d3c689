"""Code shared by the tasks that assign labels to rows, such as texts or series."""
