"""Charts, page rendering and number formatting shared by the reports of all tasks."""
