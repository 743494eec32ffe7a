"""Generates the package in generated/ from an OpenAPI document.

`document` resolves references, `schemas` reads schemas into `shapes`, `operations` reads operations, `annotations` and
`rules` write both as Python, `package` renders the templates, and `verify` checks the result.
"""
