"""Compares two OpenAPI documents, and judges each change by its effect on the users of this client.

`reading` loads the documents, `document` extracts their operations, `shapes` and `rules` bring schemas into a normal
form, `comparing`, `schemas` and `servers` find the changes, `renames` guesses renamed names, `verdicts` judges the
changes, `baseline` removes the known ones, and `reporting` writes the report.
"""
