"""From an OpenAPI document to the package in generated/.

`document` finds things in the document, `schemas` reads its schemas into `shapes`, `operations` reads its operations,
`annotations` and `rules` write both as Python, `package` renders the templates, and `verify` tries what came out.
"""
