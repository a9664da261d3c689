"""Drawings, pages and wording that the reports of all tasks share."""
